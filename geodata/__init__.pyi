from .dimacs import read_dimacs as read_dimacs
from .errors import Finding as Finding
from .errors import NetworkError as NetworkError
from .errors import NetworkWarning as NetworkWarning
from .fleet import fleet_capacity as fleet_capacity
from .network import Network as Network
from .reader import read_network as read_network
