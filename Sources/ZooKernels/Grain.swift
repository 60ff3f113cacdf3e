/// How many indices of a parallel loop make a part that is worth a thread: about 20 microseconds of work.
public enum Grain {
  /// For indices that do so much arithmetic each.
  public static func computing(flops: Double) -> Int { max(1, Int(2e6 / max(flops, 1))) }

  /// For indices that read and write so many floats each.
  public static func moving(floats: Int) -> Int { max(1, 100_000 / max(floats, 1)) }
}
