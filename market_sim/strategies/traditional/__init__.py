"""Traditional strategies: noise traders, informed traders, chartists, and simple market makers."""
