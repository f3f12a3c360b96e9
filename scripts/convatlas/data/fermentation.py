"""A simulated batch fermentation, in place of the documents' own table where there is no network.

Monod (1949), *The growth of bacterial cultures*: biomass X grows on substrate S at the specific
rate mu = mu_max S / (K_S + S), here also limited by dissolved oxygen C in the same form; oxygen
enters at rate k_La (C* - C) and is consumed by growth.
"""

import numpy as np
from scipy.integrate import solve_ivp

from convatlas.data.observations import Observations

COLUMNS = ("X", "OD", "S")
INITIAL = (0.4107, 0.0074, 34.6901)
"""Biomass, dissolved oxygen and substrate in g/L: the first row of the document's table."""
COUNT = 3001
HOURS = 20.0
GROWTH, HALF_SUBSTRATE, HALF_OXYGEN = 0.25, 3.0, 0.0002  # 1/h, g/L, g/L
YIELD_SUBSTRATE, YIELD_OXYGEN = 0.36, 1.2  # g of biomass per g
TRANSFER, SATURATION = 120.0, 0.0074  # k_La in 1/h, C* in g/L


def _rates(_time: float, state: np.ndarray) -> list[float]:
    biomass, oxygen, substrate = state
    limits = substrate / (HALF_SUBSTRATE + substrate) * oxygen / (HALF_OXYGEN + oxygen)
    growth = GROWTH * limits * biomass
    return [
        growth,
        TRANSFER * (SATURATION - oxygen) - growth / YIELD_OXYGEN,
        -growth / YIELD_SUBSTRATE,
    ]


def simulate_fermentation() -> Observations:
    """Integrate the batch over :data:`HOURS` at :data:`COUNT` equidistant times.

    Returns
    -------
    Observations
        Biomass X, dissolved oxygen OD and substrate S, in g/L.
    """
    times = np.linspace(0, HOURS, COUNT)
    solution = solve_ivp(
        _rates, (0, HOURS), INITIAL, method="LSODA", t_eval=times, rtol=1e-8, atol=1e-10
    )
    return Observations(COLUMNS, np.ascontiguousarray(solution.y.T))
