/// Writes the mean of what several sets of weights make of the same into `mean`: `f32`, element by element, summed in double precision.
package func writeMean(of members: [UnsafeRawBufferPointer], into mean: UnsafeMutableRawBufferPointer) {
  precondition(members.allSatisfy { $0.count == mean.count } && !members.isEmpty, "members of an ensemble make the same shapes")
  let members = members.map { $0.bindMemory(to: Float.self) }
  let floats = mean.bindMemory(to: Float.self)
  for i in floats.indices { floats[i] = Float(members.reduce(0) { $0 + Double($1[i]) } / Double(members.count)) }
}
