import ZooFormats
import ZooTypes

/// Where a value comes from, while not all names are known yet.
enum Wire {
  case graphInput(Int)
  case node(Int, output: Int)
  /// Whatever an input or output of a block turns out to be.
  case slot(Slot)
  /// To be looked up once everything is named, so that references may lead forward.
  case reference(Reference)
}

/// An input or output of a block.
final class Slot {
  var wire: Wire
  // Set while its wire is followed: coming back here is a cycle.
  var isBeingFollowed = false

  init(_ wire: Wire) { self.wire = wire }
}

/// A name as it stands in a manifest, and from where it is looked up.
struct Reference {
  let name: String
  let block: Block
  let owner: ManifestError.Owner
  let json: JSON
}

/// A list of nodes with names of its own: the whole graph, a group, one copy of a repeat, or one use of a define.
final class Block {
  /// Its nodes' paths begin like this; empty for the whole graph.
  let path: String
  /// Where names are looked up that it does not have.
  ///
  /// A define's body sees nothing outside itself.
  let parent: Block?
  let isFrozen: Bool
  let share: BlockShare?
  var inputNames: [String]
  var inputs: [Slot]
  var outputNames: [String] = []
  var outputs: [Slot] = []
  var members: [String: Member] = [:]
  /// Where each name was given, for messages.
  var places: [String: JSON] = [:]
  /// What the next node takes unless it says otherwise.
  var previous: Wire?

  init(path: String, parent: Block?, inputNames: [String], inputs: [Slot], isFrozen: Bool = false, share: BlockShare? = nil) {
    (self.path, self.parent, self.inputNames, self.inputs) = (path, parent, inputNames, inputs)
    (self.isFrozen, self.share) = (isFrozen, share)
    previous = inputs.first.map(Wire.slot)
  }

  /// The path of a member.
  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Every name that can be referred to from here.
  var visibleNames: [String] { (inputNames + members.keys).sorted() + (parent?.visibleNames ?? []) }
}

/// That a block's parameters are those of another.
final class BlockShare {
  let reference: Reference
  /// The path of the block that shares: with `repeat`, without the number of the copy.
  let path: String
  /// What else encloses it and shares.
  let outer: BlockShare?

  init(_ reference: Reference, path: String, outer: BlockShare?) {
    (self.reference, self.path, self.outer) = (reference, path, outer)
  }
}

/// What a name in a block stands for.
enum Member {
  case node(Int)
  case block(Block)
  case copies(Copies)
}

/// A repeated block.
final class Copies {
  let path: String
  let blocks: [Block]
  let outputNames: [String]
  let outputs: [Slot]

  init(path: String, blocks: [Block], outputNames: [String], outputs: [Slot]) {
    (self.path, self.blocks, self.outputNames, self.outputs) = (path, blocks, outputNames, outputs)
  }
}

/// A node whose inputs are not looked up yet.
struct Draft {
  let path: String
  let kind: KindInfo
  let attributes: [AttributeLiteral]
  let inputs: [Wire?]
  let initializers: [String: InitializerChoice]
  let isFrozen: Bool
  let share: Reference?
  let block: Block
  let json: JSON

  var owner: ManifestError.Owner { .node(path: path, kind: kind.name) }
}
