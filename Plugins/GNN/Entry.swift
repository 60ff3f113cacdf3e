public import ZooPlugin

let family = Family("gnn", version: "0.1.0", "Layers over the nodes and edges of graphs.", kinds: [Kind(GraphConvolution.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
