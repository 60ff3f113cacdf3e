/// A family imports this module alone.
@_exported public import CZoo
@_exported public import ZooTypes
