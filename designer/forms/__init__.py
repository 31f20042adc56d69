"""Forms built from declarations: one editor for each kind of field, used for layers, optimizers, data sources, …"""
