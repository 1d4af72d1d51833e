namespace CartRecovery.Engine.Journal;

/// <summary>Decides how much of the journal is kept before the checkpoints, for replay and export.</summary>
/// <param name="device">The journal's device.</param>
/// <param name="layout">The journal's layout.</param>
/// <param name="age">Segments whose last entry is older are removed.</param>
/// <param name="bytes">The oldest segments are removed while the total exceeds this.</param>
/// <param name="maxLag">Segments that readers still need are removed while the total exceeds this.</param>
/// <param name="time">The clock.</param>
public sealed class JournalRetention(JournalDevice device, JournalLayout layout, TimeSpan age, long bytes, long maxLag, TimeProvider time)
{
    /// <summary>Returns the address up to which the journal can be truncated.</summary>
    /// <param name="needed">The address from which checkpoints need the journal.</param>
    /// <param name="wanted">The address from which the slowest reader needs it.</param>
    public long Until(long needed, long wanted)
    {
        var segments = device.Segments();
        var total = segments.Sum(device.GetFileSize);
        var until = 0L;
        foreach (var segment in segments)
        {
            var end = (segment + 1L) * layout.SegmentSize;
            var isOld = time.GetUtcNow() - device.LastWritten(segment) > age;
            if (end > needed || (!isOld && total <= bytes) || (end > wanted && total <= maxLag))
            {
                break;
            }

            total -= device.GetFileSize(segment);
            until = end;
        }

        return until;
    }
}
