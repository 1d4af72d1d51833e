namespace CartRecovery.Engine.Journal;

/// <summary>How much of the journal is kept behind the checkpoints, for replay and export.</summary>
/// <param name="device">Where the journal lies.</param>
/// <param name="layout">How it lies there.</param>
/// <param name="age">Segments whose last entry is older than this go.</param>
/// <param name="bytes">The oldest go while the segments take more than this.</param>
/// <param name="time">The clock.</param>
public sealed class JournalRetention(JournalDevice device, JournalLayout layout, TimeSpan age, long bytes, TimeProvider time)
{
    /// <summary>The address before which nothing is kept.</summary>
    /// <param name="needed">The checkpoints need the journal from here on.</param>
    public long Until(long needed)
    {
        var segments = device.Segments();
        var total = segments.Sum(device.GetFileSize);
        var until = 0L;
        foreach (var segment in segments)
        {
            var end = (segment + 1L) * layout.SegmentSize;
            var isOld = time.GetUtcNow() - device.LastWritten(segment) > age;
            if (end > needed || (!isOld && total <= bytes))
            {
                break;
            }

            total -= device.GetFileSize(segment);
            until = end;
        }

        return until;
    }
}
