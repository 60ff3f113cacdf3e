/// A point of a picture: to the right and down.
struct Point: Hashable {
  var x: Int
  var y: Int
}

/// A rectangle of a picture.
struct Area {
  var x: Int
  var y: Int
  var width: Int
  var height: Int
}

/// A frame with everything in its place.
struct Picture {
  /// A box in its place.
  struct PlacedBox {
    var area: Area
    let box: Box
  }

  /// A frame in its place, with the names of its ports.
  struct PlacedFrame {
    var area: Area
    let frame: Frame
    /// The heights of the bars at its top and bottom.
    let header: Int
    let footer: Int
    var labels: [(at: Point, text: String)]
  }

  /// A wire: straight where its points are one above the other, else curved.
  struct Route {
    let name: String
    var lines: [(from: Point, to: Point)]
    /// Where it ends at a box or frame.
    var tips: [Point]
  }

  var width = 0
  var height = 0
  var boxes: [PlacedBox] = []
  /// Those that are around others first.
  var frames: [PlacedFrame] = []
  var routes: [Route] = []
  /// Where the ports are in the frame's edges.
  var tops: [Int] = []
  var bottoms: [Int] = []

  /// Adds all that is in `other`.
  mutating func add(_ other: Picture, at x: Int, _ y: Int) {
    boxes += other.boxes.map { placed in
      var placed = placed
      placed.area.move(x, y)
      return placed
    }
    frames += other.frames.map { placed in
      var placed = placed
      placed.area.move(x, y)
      for i in placed.labels.indices { placed.labels[i].at.move(x, y) }
      return placed
    }
    routes += other.routes.map { route in
      var route = route
      for i in route.lines.indices {
        route.lines[i].from.move(x, y)
        route.lines[i].to.move(x, y)
      }
      for i in route.tips.indices { route.tips[i].move(x, y) }
      return route
    }
  }
}

extension Point {
  fileprivate mutating func move(_ right: Int, _ down: Int) {
    x += right
    y += down
  }
}

extension Area {
  fileprivate mutating func move(_ right: Int, _ down: Int) {
    x += right
    y += down
  }

  var bottom: Int { y + height }
}
