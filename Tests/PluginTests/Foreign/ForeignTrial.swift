import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A layer of the foreign family over the fixtures' functions.
func foreignRunner(
  _ kind: String, _ attributes: String, _ inputs: [TensorBuffer?], training: Bool = false, allowed: [String]? = nil
) throws -> KindRunner {
  let library = try ForeignLibrary.functions()
  let info = try Repository.kind(kind)
  guard let json = try JSONDocument(Array("{\"library\": \"libfunctions.so\", \(attributes)}".utf8), file: "attributes").root.object else {
    throw TestProblem("attributes are an object")
  }
  return try KindRunner(
    info, info.literals(json), inputs: inputs, training: training, foreign: ForeignLibraries(allowed ?? [library, "libm.so.6"]))
}

/// Why such a layer cannot be planned, in the family's words.
func foreignRefusal(_ kind: String, _ attributes: String, _ inputs: [TensorBuffer?], allowed: [String]? = nil) throws -> String {
  do {
    _ = try foreignRunner(kind, attributes, inputs, allowed: allowed)
  } catch let failure as LayerFailure {
    return failure.words
  }
  throw TestProblem("it can be planned: \(attributes)")
}
