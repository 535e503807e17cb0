"""Random scenes for training: what stands in them, how it looks, who sees it under which light."""
