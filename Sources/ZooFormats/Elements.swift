import ZooTypes

/// The elements of a tensor of any type, one at a time, for printing.
struct Elements {
  private let bytes: UnsafeRawBufferPointer
  private let dtype: DType

  init(_ bytes: UnsafeRawBufferPointer, _ dtype: DType) {
    self.bytes = bytes
    self.dtype = dtype
  }

  /// Element `i`, nearly.
  func real(_ i: Int) -> Double {
    switch dtype {
    case .f64: load(i, Double.self)
    case .f32: Double(load(i, Float.self))
    case .f16: Double(load(i, Float16.self))
    case .bf16: Double(brain(i))
    default: Double(integer(i))
    }
  }

  /// Element `i` in as few digits as tell it from its neighbours; booleans are 0 and 1.
  func text(_ i: Int) -> String {
    switch dtype {
    case .f64: load(i, Double.self).description
    case .f32: load(i, Float.self).description
    case .f16: load(i, Float16.self).description
    case .bf16: brain(i).description
    case .u64: load(i, UInt64.self).description
    default: integer(i).description
    }
  }

  /// Element `i` of integers and booleans.
  private func integer(_ i: Int) -> Int64 {
    switch dtype {
    case .i64: load(i, Int64.self)
    case .i32: Int64(load(i, Int32.self))
    case .i16: Int64(load(i, Int16.self))
    case .i8: Int64(load(i, Int8.self))
    case .u64: Int64(clamping: load(i, UInt64.self))
    case .u32: Int64(load(i, UInt32.self))
    case .u16: Int64(load(i, UInt16.self))
    case .bool: load(i, UInt8.self) == 0 ? 0 : 1
    default: Int64(load(i, UInt8.self))
    }
  }

  private func load<Element: BitwiseCopyable>(_ i: Int, _ type: Element.Type) -> Element {
    bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<Element>.size, as: type)
  }

  private func brain(_ i: Int) -> Float { Float(bitPattern: UInt32(load(i, UInt16.self)) << 16) }
}
