namespace CartRecovery.Bench.Proof;

/// <summary>A stage without a socket, in nanoseconds per event.</summary>
/// <param name="Name">The benchmark's class and method, and its parameter, the events per call.</param>
/// <param name="Native">Native, by the stage timer.</param>
/// <param name="Jit">JIT, by the stage timer.</param>
/// <param name="BenchmarkDotNet">JIT, by BenchmarkDotNet.</param>
/// <param name="AllocatedBytes">Bytes allocated per event, by BenchmarkDotNet.</param>
sealed record StageRow(string Name, double? Native, double? Jit, double? BenchmarkDotNet, double? AllocatedBytes);
