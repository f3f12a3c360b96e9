"""Drawing, and nothing else: tables and arrays in, pictures out; never weights, never torch.

Each kind of figure is a pair: ``draw_*`` returns the figure, ``plot_*`` draws and saves it.
"""
