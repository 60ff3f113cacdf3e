import CZoo

/// Copies into memory that is never freed: what a family declares lives as long as the process.
func permanent(_ text: String) -> zoo_string {
  let bytes = permanent(Array(text.utf8))
  return zoo_string(data: UnsafeRawPointer(bytes)?.assumingMemoryBound(to: CChar.self), length: UInt64(text.utf8.count))
}

func permanent<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
  if elements.isEmpty { return nil }
  let copy = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
  copy.initialize(from: elements, count: elements.count)
  return copy
}

/// Calls `body`; an error becomes a status, its words the host's.
func status(_ host: UnsafePointer<zoo_host>, _ context: OpaquePointer?, _ body: () throws(LayerError) -> Void) -> zoo_status {
  do throws(LayerError) {
    try body()
    return zoo_status(ZOO_OK)
  } catch {
    if error.message.isEmpty { return error.status }
    var message = error.message
    return message.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        host.pointee.fail(context, error.status, zoo_string(data: $0.baseAddress, length: UInt64($0.count)))
      }
    }
  }
}
