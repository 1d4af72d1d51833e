using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.State;

/// <summary>A record of a kilobyte with one number, so that few fill a page.</summary>
struct LargeRecord
{
    /// <summary>The number.</summary>
    public long At;

    /// <summary>Its last element is the number's complement.</summary>
    public Padding Filler;

    /// <summary>Returns the key of a record.</summary>
    public static Hash128 Key(int number) => new((ulong)number * 0x9E3779B97F4A7C15 + 1, (ulong)number);

    /// <summary>What fills it.</summary>
    [InlineArray(126)]
    public struct Padding
    {
        long _first;
    }

    /// <summary>Sets the number.</summary>
    public readonly struct Put : IRecordUpdate<LargeRecord, long>
    {
        /// <inheritdoc/>
        public bool MayCreate(in long input) => true;

        /// <inheritdoc/>
        public void Apply(ref LargeRecord record, ref long input)
        {
            record.At = input;
            record.Filler[125] = ~input;
        }
    }
}
