namespace CartRecovery.Bench.Proof;

/// <summary>The engine's result with a number of carts.</summary>
/// <param name="Carts">The number of carts.</param>
/// <param name="RecordBytes">The minimum size of their records.</param>
/// <param name="MemoryBytes">The memory for their records.</param>
/// <param name="FillSeconds">The time to create them.</param>
/// <param name="Rate">Events acknowledged a second afterwards, on the least recently used carts.</param>
/// <param name="CpuMicroseconds">The engine's CPU time per event.</param>
/// <param name="ResidentBytes">The engine's memory at the end.</param>
/// <param name="Accounted">Whether nothing was lost.</param>
sealed record CartsRow(
    long Carts, double RecordBytes, double MemoryBytes, double FillSeconds, double Rate, double CpuMicroseconds, double ResidentBytes, bool Accounted);
