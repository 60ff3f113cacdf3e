import CFFI
import CZoo
import ZooPlugin

/// A library that the user allows layers to call, open for ever.
struct Library {
  private let name: String
  private let handle: UnsafeMutableRawPointer

  /// Opens the library that a manifest calls `name`, after asking the host whether it may.
  init(_ name: String, for request: PlanRequest) throws(LayerError) {
    let file = try Self.allowed(name, request.pointer.pointee)
    var words = [CChar](repeating: 0, count: 1024)
    guard let handle = zoo_foreign_open(file, &words, UInt64(words.count)) else {
      let reason = Self.text(words)
      let path = String(cString: file)
      let shown = reason.hasPrefix(path + ": ") ? String(reason.dropFirst(path.count + 2)) : reason
      let place = path == name ? "" : " in \(path)"
      throw .unsupported(
        "the library '\(name)'\(place) cannot be opened: \(shown); install what is missing, or allow the library by the path of its file")
    }
    (self.name, self.handle) = (name, handle)
  }

  /// The function of that name in the library itself, not in one that it needs.
  func function(_ symbol: String, of attribute: String) throws(LayerError) -> UnsafeMutableRawPointer {
    guard (try? AttributeReader.names(attribute, symbol)) == [symbol] else {
      throw .attribute("\(attribute) '\(symbol)' is no name of a C function")
    }
    var address: UnsafeMutableRawPointer?
    var owner = [CChar](repeating: 0, count: 256)
    let outcome = zoo_foreign_symbol(handle, symbol, &address, &owner, UInt64(owner.count))
    if outcome == Int32(ZOO_F_FOUND), let address { return address }
    switch outcome {
    case Int32(ZOO_F_ELSEWHERE):
      throw .attribute(
        "\(attribute) '\(symbol)' is not in the library '\(name)' but in \(Self.text(owner)), "
          + "which that one needs and which is not allowed with it")
    case Int32(ZOO_F_NO_CODE): throw .attribute("\(attribute) '\(symbol)' in the library '\(name)' is a variable, not a function")
    default: throw .attribute("the library '\(name)' has no function '\(symbol)'; 'nm -D --defined-only' of its file lists those it has")
    }
  }

  /// The file that the host gives for the name.
  private static func allowed(_ name: String, _ request: zoo_plan_request) throws(LayerError) -> UnsafePointer<CChar> {
    guard let host = request.host?.pointee, let find = host.extension,
      let found = withText(ZOO_FOREIGN, { find($0) })
    else {
      throw .unsupported("this host cannot say which libraries the user allows (it has no extension \(ZOO_FOREIGN)), so none is opened")
    }
    let foreign = found.assumingMemoryBound(to: zoo_foreign.self).pointee
    var file: UnsafePointer<CChar>?
    let status = withText(name) { foreign.library(request.context, $0, &file) }
    // The host's own words say how to allow it.
    guard status == zoo_status(ZOO_OK), let file else { throw LayerError(status: status, "") }
    return file
  }

  private static func withText<Result>(_ text: String, _ body: (zoo_string) -> Result) -> Result {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { body(zoo_string(data: $0.baseAddress, length: UInt64($0.count))) }
    }
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
