using System.Runtime.InteropServices;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Simulation;

/// <summary>A partition's complete state as named byte sequences.</summary>
static class StateBytes
{
    public static List<(string Name, byte[] Bytes)> Of(PartitionState state, IEnumerable<Hash128> carts, IEnumerable<Hash128> customers)
    {
        var parts = new List<(string, byte[])>();
        foreach (var key in carts)
        {
            parts.Add(($"cart {key}", Of(state.Stages.Find(key))));
        }

        foreach (var key in customers)
        {
            parts.Add(($"customer {key}", Of(state.Stages.FindCustomer(key))));
        }

        var timers = new MemoryStream();
        state.Stages.SnapshotTimers().WriteTo(timers);
        parts.Add(("timers", timers.ToArray()));

        var ids = new MemoryStream();
        using (var snapshot = state.Dedup.Snapshot())
        {
            snapshot.WriteTo(ids);
        }

        parts.Add(("event ids", ids.ToArray()));

        return parts;
    }

    /// <summary>The names of the parts that differ.</summary>
    public static string[] Differences(List<(string Name, byte[] Bytes)> one, List<(string Name, byte[] Bytes)> other) =>
        [.. one.Zip(other).Where(p => p.First.Name != p.Second.Name || !p.First.Bytes.AsSpan().SequenceEqual(p.Second.Bytes)).Select(p => p.First.Name)];

    static byte[] Of<T>(T? record)
        where T : unmanaged =>
        record is { } value ? MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray() : [];
}
