using System.Security.Cryptography;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// A journal's files on a disk subject to power cuts: for each segment the written bytes, as a reader sees them, and the durable ones. A
/// cut leaves either for each sector, in no order. Single-threaded except for removing segments.
/// </summary>
sealed class SimulatedDisk
{
    public const int Sector = 512;

    readonly SortedDictionary<int, Segment> _segments = [];
    readonly SortedDictionary<int, Segment> _removed = [];
    readonly Lock _gate = new();
    int _volatileRemovals;

    /// <summary>The address before which everything was durable.</summary>
    public long Mark { get; set; }

    public int[] Segments()
    {
        lock (_gate)
        {
            return [.. _segments.Keys];
        }
    }

    public long LengthOf(int segment)
    {
        lock (_gate)
        {
            return _segments.TryGetValue(segment, out var s) ? s.Written.Length : 0;
        }
    }

    public int Read(int segment, long offset, Span<byte> bytes)
    {
        lock (_gate)
        {
            return _segments.TryGetValue(segment, out var s) ? Copy(s.Written, offset, bytes) : 0;
        }
    }

    /// <summary>Reads removed segments too.</summary>
    public int ReadHistory(int segment, long offset, Span<byte> bytes)
    {
        lock (_gate)
        {
            return _segments.TryGetValue(segment, out var s) || _removed.TryGetValue(segment, out s) ? Copy(s.Written, offset, bytes) : 0;
        }
    }

    public int[] HistorySegments()
    {
        lock (_gate)
        {
            return [.. _removed.Keys.Union(_segments.Keys).Order()];
        }
    }

    public void Write(int segment, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (!_segments.TryGetValue(segment, out var s))
            {
                _segments.Add(segment, s = new Segment());
            }

            s.Reach((int)offset + bytes.Length);
            bytes.CopyTo(s.Written.AsSpan((int)offset));
            for (var i = (int)offset / Sector; i < ((int)offset + bytes.Length) / Sector; i++)
            {
                s.Dirty[i] = true;
            }
        }
    }

    /// <summary>Makes pending sectors durable. As on Linux, sectors that failed count as clean afterwards.</summary>
    public void Sync(Func<bool> succeeds)
    {
        lock (_gate)
        {
            foreach (var s in _segments.Values)
            {
                var isWhole = true;
                for (var i = 0; i < s.Dirty.Length; i++)
                {
                    if (s.Dirty[i] && succeeds())
                    {
                        s.WrittenSector(i).CopyTo(s.DurableSector(i));
                    }
                    else
                    {
                        isWhole &= !s.Dirty[i];
                    }

                    s.Dirty[i] = false;
                }

                s.SyncedLength = isWhole ? s.Written.Length : s.SyncedLength;
            }
        }
    }

    public void Cut(int segment, long length)
    {
        lock (_gate)
        {
            var s = _segments[segment];
            s.Cut((int)length);
            _volatileRemovals = 0;
        }
    }

    public void Remove(int segment)
    {
        lock (_gate)
        {
            if (!_segments.Remove(segment, out var s) || _segments.Count == 0 || _segments.Keys.First() < segment)
            {
                return;
            }

            // Removes from the front; permanent only with the folder's next sync.
            _removed[segment] = s;
            _volatileRemovals++;
        }
    }

    /// <summary>Cuts the power.</summary>
    public void Crash(Random random)
    {
        lock (_gate)
        {
            for (var back = random.Next(_volatileRemovals + 1); back > 0; back--)
            {
                var last = _removed.Keys.Last();
                _segments.Add(last, _removed[last]);
                _removed.Remove(last);
            }

            _volatileRemovals = 0;
            var survival = random.Next(4) switch { 0 => 0.0, 1 => 1.0, _ => random.NextDouble() };
            foreach (var (number, s) in _segments.ToArray())
            {
                s.Crash(random, survival);
                if (s.Written.Length == 0 && random.Next(2) == 0)
                {
                    _segments.Remove(number);
                }
            }
        }
    }

    /// <summary>Whether these bytes would survive any crash.</summary>
    public bool IsDurable(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (var s in _segments.Values)
            {
                if (s.Durable.AsSpan().IndexOf(bytes) >= 0)
                {
                    return true;
                }
            }

            foreach (var s in _removed.Values)
            {
                if (s.Durable.AsSpan().IndexOf(bytes) >= 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The hashes of all segments, also those removed.</summary>
    public string[] Digests() =>
        [.. HistorySegments().Select(n => $"segment {n} {Convert.ToHexStringLower(SHA256.HashData((_segments.GetValueOrDefault(n) ?? _removed[n]).Written))}")];

    /// <summary>Changes a byte durably.</summary>
    public void Damage(int segment, int offset, byte by)
    {
        _segments[segment].Written[offset] ^= by;
        _segments[segment].Durable[offset] ^= by;
    }

    /// <summary>Zeroes a range durably.</summary>
    public void Wipe(int segment, int offset, int length)
    {
        _segments[segment].Written.AsSpan(offset, length).Clear();
        _segments[segment].Durable.AsSpan(offset, length).Clear();
    }

    static int Copy(byte[] from, long offset, Span<byte> bytes)
    {
        var count = (int)Math.Clamp(from.Length - offset, 0, bytes.Length);
        if (count > 0)
        {
            from.AsSpan((int)offset, count).CopyTo(bytes);
        }

        return count;
    }

    sealed class Segment
    {
        public byte[] Written = [];
        public byte[] Durable = [];
        public bool[] Dirty = [];

        /// <summary>The length at the last sync that succeeded.</summary>
        public int SyncedLength;

        public Span<byte> WrittenSector(int i) => Written.AsSpan(i * Sector, Math.Min(Sector, Written.Length - (i * Sector)));

        public Span<byte> DurableSector(int i) => Durable.AsSpan(i * Sector, Math.Min(Sector, Durable.Length - (i * Sector)));

        public void Reach(int length)
        {
            if (length <= Written.Length)
            {
                return;
            }

            Array.Resize(ref Written, length);
            Array.Resize(ref Durable, length);
            Array.Resize(ref Dirty, (length + Sector - 1) / Sector);
        }

        public void Cut(int length)
        {
            if (length >= Written.Length)
            {
                return;
            }

            Array.Resize(ref Written, length);
            Written.CopyTo(Durable = new byte[length], 0);
            Dirty = new bool[(length + Sector - 1) / Sector];
            SyncedLength = length;
        }

        public void Crash(Random random, double survival)
        {
            var end = SyncedLength;
            for (var i = 0; i < Dirty.Length; i++)
            {
                var written = WrittenSector(i);
                var durable = DurableSector(i);
                if (!written.SequenceEqual(durable) && random.NextDouble() < survival)
                {
                    written.CopyTo(durable);
                }

                if (durable.ContainsAnyExcept((byte)0))
                {
                    end = Math.Max(end, (i * Sector) + durable.Length);
                }
            }

            // A file's length may become durable before its content.
            end = random.Next(end, Durable.Length + 1) / Sector * Sector is var some && some > end ? some : end;
            Array.Resize(ref Durable, end);
            Written = (byte[])Durable.Clone();
            Dirty = new bool[(end + Sector - 1) / Sector];
            SyncedLength = end;
        }
    }
}
