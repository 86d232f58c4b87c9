from . import maps as maps
from .flow import MaxFlow as MaxFlow
from .flow import max_flow as max_flow
from .routing import Routes as Routes
from .routing import alternatives as alternatives
from .scenarios import Scenario as Scenario
