from . import maps as maps
from .flow import MaxFlow as MaxFlow
from .flow import max_flow as max_flow
from .routing import Routes as Routes
from .routing import alternatives as alternatives
from .scenarios import Scenario as Scenario
from .stored import read_scenario as read_scenario
from .stored import scenario_names as scenario_names
