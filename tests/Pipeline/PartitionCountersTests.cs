using System.Runtime.CompilerServices;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Tests.Pipeline;

public sealed class PartitionCountersTests
{
    // A processor fetches lines in pairs.
    const int PairOfLines = 128;

    [Test]
    public void Counters_of_two_partitions_share_no_pair_of_cache_lines()
    {
        var numbers = typeof(PartitionCounters.Numbers).GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public).Length * sizeof(long);
        Assert.That(numbers, Is.GreaterThan(0));
        Assert.That(Unsafe.SizeOf<PartitionCounters.Numbers>() - numbers, Is.GreaterThanOrEqualTo(PairOfLines));
    }
}
