"""Order book packages of others on the core stream: optional, each is measured where it is installed."""
