"""The faces of the product: what people type and what they see."""
