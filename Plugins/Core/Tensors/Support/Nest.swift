import CKernels

/// A loop nest for the kernels in C, at an address that stays: it is made in `plan`.
final class Nest {
  let pointer: UnsafePointer<zoo_nest>
  private let memory: UnsafeMutablePointer<zoo_nest>

  /// The nest that walks views of one shape together.
  ///
  /// Their offsets are left to the caller.
  init(_ views: [View]) {
    memory = .allocate(capacity: 1)
    memory.initialize(to: zoo_nest(views))
    pointer = UnsafePointer(memory)
  }

  deinit { memory.deallocate() }

  /// How many steps it has.
  var count: Int { Int(pointer.pointee.count) }

  /// See `zoo_nest_tile`.
  func tile() -> Bool { zoo_nest_tile(memory) != 0 }
}

extension zoo_nest {
  /// The nest that walks views of one shape together.
  init(_ views: [View]) {
    let shape = views[0].shape.map { Int64($0) }
    self = zoo_nest_make(Int64(shape.count), shape, Int64(views.count), views.flatMap(\.strides).map { Int64($0) })
  }
}
