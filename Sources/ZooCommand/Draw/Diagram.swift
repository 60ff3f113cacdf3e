/// What a picture of a graph shows, before anything has a place: boxes, frames around them, and wires.
struct Diagram {
  var title: String
  var subtitle: [String]
  var description: String
  var root: Frame
}

/// A box for one layer, input or output.
struct Box {
  let role: Leaf.Role
  /// The full path, which the name may abbreviate.
  let path: String
  let name: String
  let kind: String
  let shapes: [String]
  /// `156 parameters`, `shared`, or nothing.
  let note: String
  let hasParameters: Bool
}

/// A frame around boxes and other frames, or the whole picture.
struct Frame {
  /// What it is called; empty: it has no name.
  var title = ""
  /// What is special about it: `× 12`, `loop × 100`.
  var note = ""
  /// `1,234 parameters`, or nothing.
  var parameters = ""
  /// Whether it stands for several.
  var isRepeated = false
  /// Whether what comes out goes in again.
  var isLoop = false
  var items: [Item] = []
  /// Where wires come in through its top edge, by name.
  var tops: [Port] = []
  /// Where wires go out through its bottom edge.
  var bottoms: [Port] = []
  var wires: [Wire] = []

  /// A place in an edge.
  struct Port {
    /// Shown beside it; empty: nothing.
    var label = ""
  }

  /// Something in a frame.
  enum Item {
    case box(Box)
    case frame(Frame)
  }

  /// A value on its way from what makes it to all that take it, as far as that is in this frame.
  struct Wire {
    /// What it is called in messages: a layer's path.
    let name: String
    /// Whether it is the first thing that is put out there.
    let isMain: Bool
    let from: End
    var to: [End]
  }

  /// Where a wire begins or ends.
  enum End: Hashable {
    /// At a port in the frame's own top or bottom edge.
    case top(Int)
    case bottom(Int)
    /// At an item; of a frame, at a port in its edge.
    case item(Int, port: Int)
  }
}

extension Frame {
  /// How many boxes it has, those in frames inside too.
  var boxCount: Int {
    items.reduce(0) { sum, item in
      switch item {
      case .box: sum + 1
      case .frame(let frame): sum + frame.boxCount
      }
    }
  }
}
