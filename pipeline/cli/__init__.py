"""The command line. Its modules import quickly: heavy libraries wait until a command needs them."""
