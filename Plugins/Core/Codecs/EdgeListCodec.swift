import ZooFormats
import ZooPlugin

/// The edges of a graph, one a line: the numbers of the two nodes, and whatever else a line may hold.
///
/// Lines that begin with `#` are passed by. It becomes i64 or i32 [2, E]: sources in row 0, targets in row 1.
struct EdgeListCodec: Codec {
  var first = 0
  var bothWays = false

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "edges", "The edges of a graph, one a line: the numbers of two nodes.", extensions: ["edges", "edgelist"],
      attributes: [
        Attribute("first", \.first, in: 0...1, "The number of the first node in the file: 0, or 1. The tensor counts from 0."),
        Attribute("both_ways", \.bothWays, "After the edges, each of them once more the other way round: for graphs without directions."),
      ])
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    let dtype = wanted?.dtype ?? .i64
    guard dtype == .i32 || dtype == .i64 else { throw .data("edges become i32 or i64, but the port takes \(dtype)") }
    let count = try table(bytes).rowCount
    return Spec([2, bothWays ? 2 * count : count], dtype)
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let table = try table(bytes)
    var pairs = [Int64](repeating: 0, count: table.rowCount * 2)
    do throws(CSVError) {
      try pairs.withUnsafeMutableBufferPointer { (pairs) throws(CSVError) in
        try table.read(as: .i64, into: UnsafeMutableRawBufferPointer(pairs))
      }
    } catch {
      throw .data(error)
    }
    let edges = tensor[1]
    guard edges == (bothWays ? 2 : 1) * table.rowCount else { throw .data("the file has changed while it was read") }
    for e in 0..<table.rowCount {
      let nodes = (pairs[2 * e] - Int64(first), pairs[2 * e + 1] - Int64(first))
      guard nodes.0 >= 0, nodes.1 >= 0, nodes.0 <= Int32.max, nodes.1 <= Int32.max else {
        throw .data("edge \(e + 1) is from \(pairs[2 * e]) to \(pairs[2 * e + 1]), but nodes are counted from \(first)")
      }
      put(nodes.0, tensor, e)
      put(nodes.1, tensor, edges + e)
      guard bothWays else { continue }
      put(nodes.1, tensor, table.rowCount + e)
      put(nodes.0, tensor, edges + table.rowCount + e)
    }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    guard tensor.rank == 2, tensor[0] == 2, tensor.dtype == .i32 || tensor.dtype == .i64 else {
      throw .data("edges are i32 or i64 [2, E], but the tensor is \(tensor.spec)")
    }
    guard format == .file else { return tensor.encodeNumbers(as: format) }
    var text = ""
    for e in 0..<tensor[1] { text += "\(node(tensor, e) + first) \(node(tensor, tensor[1] + e) + first)\n" }
    return Array(text.utf8)
  }

  private func put(_ node: Int64, _ tensor: Tensor, _ i: Int) {
    if tensor.dtype == .i64 { tensor.pointer(to: Int64.self)[i] = node } else { tensor.pointer(to: Int32.self)[i] = Int32(node) }
  }

  private func node(_ tensor: Tensor, _ i: Int) -> Int {
    tensor.dtype == .i64 ? Int(tensor.pointer(to: Int64.self)[i]) : Int(tensor.pointer(to: Int32.self)[i])
  }

  private func table(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> CSVTable {
    var options = CSVTable.Options()
    options.hasHeader = false
    options.columns = [0, 1]
    do throws(CSVError) { return try CSVTable(bytes, options) } catch { throw .data(error) }
  }
}
