using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// The sums of the loss's derivatives over a node's rows, by feature and bin. A slot holds both sums, so that a row and feature cost one
/// 16-byte load, addition and store. Sums are taken in row order, so that they have the same bits every time.
/// </summary>
sealed class Histogram(int slots)
{
    // Rows of a deep node are far apart: without a prefetch each waits for memory.
    const int Ahead = 16;

    readonly Vector128<double>[] _slots = new Vector128<double>[slots];

    /// <summary>The sums of the first derivative (element 0) and of the second (element 1).</summary>
    internal ReadOnlySpan<Vector128<double>> Slots => _slots;

    /// <summary>Sums the derivatives of rows.</summary>
    /// <param name="bins">The bins of all rows.</param>
    /// <param name="derivatives">Of all rows, the first and the second derivative of each.</param>
    /// <param name="rows">The rows, each within the set, in ascending order.</param>
    /// <param name="features">The features to sum, in ascending order; the slots of others stay zero.</param>
    internal void Sum(FeatureBins bins, float[] derivatives, ReadOnlySpan<int> rows, int[] features)
    {
        Array.Clear(_slots);
        // The loop reads without bounds checks, which would be a third of its time. Bins are below their feature's count by construction.
        ArgumentOutOfRangeException.ThrowIfLessThan(_slots.Length, bins.Total);
        var columns = bins.Columns;
        var all = features.Length == columns;
        ref var slot0 = ref MemoryMarshal.GetArrayDataReference(_slots);
        ref var bin0 = ref MemoryMarshal.GetArrayDataReference(bins.Rows);
        ref var offset0 = ref MemoryMarshal.GetArrayDataReference(bins.Offsets);
        ref var feature0 = ref MemoryMarshal.GetArrayDataReference(features);
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (i + Ahead < rows.Length)
            {
                CacheLine.Prefetch(ref Unsafe.Add(ref bin0, (nint)rows[i + Ahead] * columns));
            }

            var pair = Vector128.Create(derivatives[2 * row], (double)derivatives[2 * row + 1]);
            ref var bin = ref Unsafe.Add(ref bin0, (nint)row * columns);
            if (all)
            {
                AddAll(ref slot0, ref bin, ref offset0, columns, pair);
                continue;
            }

            for (var k = 0; k < features.Length; k++)
            {
                var feature = Unsafe.Add(ref feature0, k);
                Unsafe.Add(ref slot0, Unsafe.Add(ref offset0, feature) + Unsafe.Add(ref bin, feature)) += pair;
            }
        }
    }

    /// <summary>Subtracts a child's sums, which leaves the other child's.</summary>
    internal void Subtract(Histogram child)
    {
        var from = _slots.AsSpan();
        var by = child._slots.AsSpan(0, from.Length);
        for (var i = 0; i < from.Length; i++)
        {
            from[i] -= by[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddAll(ref Vector128<double> slot, ref byte bin, ref int offset, int columns, Vector128<double> pair)
    {
        var k = 0;
        for (; k <= columns - 4; k += 4)
        {
            Unsafe.Add(ref slot, Unsafe.Add(ref offset, k) + Unsafe.Add(ref bin, k)) += pair;
            Unsafe.Add(ref slot, Unsafe.Add(ref offset, k + 1) + Unsafe.Add(ref bin, k + 1)) += pair;
            Unsafe.Add(ref slot, Unsafe.Add(ref offset, k + 2) + Unsafe.Add(ref bin, k + 2)) += pair;
            Unsafe.Add(ref slot, Unsafe.Add(ref offset, k + 3) + Unsafe.Add(ref bin, k + 3)) += pair;
        }
        for (; k < columns; k++)
        {
            Unsafe.Add(ref slot, Unsafe.Add(ref offset, k) + Unsafe.Add(ref bin, k)) += pair;
        }
    }
}
