using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Host.Api;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>The segments.</content>
sealed partial class EngineHost : ISegmentControl
{
    // Waits before a failed application is repeated, in seconds. After the last, the next change or reload applies the segments.
    static readonly int[] s_segmentRetries = [1, 5, 30, 120];

    // Logged warnings. Bounded by campaigns × stores.
    readonly HashSet<(string Campaign, string Segment, string Store)> _missingSegments = [];

    /// <summary>The segments that flags, experiments and campaigns refer to.</summary>
    public SegmentDirectory Segments { get; }

    /// <inheritdoc/>
    public async Task ApplySegmentsAsync()
    {
        if (!await TryApplySegmentsAsync())
        {
            _ = RetrySegmentsAsync();
        }
    }

    async Task RetrySegmentsAsync()
    {
        foreach (var seconds in s_segmentRetries)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), Time);
            if (_stopped || await TryApplySegmentsAsync())
            {
                return;
            }
        }
    }

    async Task<bool> TryApplySegmentsAsync()
    {
        try
        {
            await Task.Run(ApplySegments);
            return true;
        }
#pragma warning disable CA1031 // Whatever failed, the campaigns in force stay, and nobody waits for this task.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogSegmentsNotApplied(e);
            return false;
        }
    }

    // On another thread: a reload holds the lock while it waits for the database, whose followers must not wait for the reload.
    SegmentDirectory FollowSegments()
    {
        var segments = new SegmentDirectory(Control) { OnChange = () => _ = ApplySegmentsAsync() };
        segments.Follow();
        return segments;
    }

    // Does nothing, and appends no journal entry, if no campaign uses a changed segment.
    void ApplySegments()
    {
        lock (_applying)
        {
            var options = JourneyOptionsOf(Config.Decisions, Config.Contact, Stores);
            if (options.Campaigns.Version != JourneyOptions.Campaigns.Version)
            {
                Update(options);
            }

            WarnOfMissingSegments();
        }
    }

    void WarnOfMissingSegments()
    {
        // A segment that is deleted later is warned of again.
        _missingSegments.RemoveWhere(missing => Segments.Find(missing.Store, missing.Segment) is not null);
        foreach (var campaign in Config.Decisions.Campaigns)
        {
            foreach (var store in Config.Stores)
            {
                if (campaign.Segment is { } name && campaign.AppliesTo(store.Id) && Segments.Find(store.Id, name) is null && _missingSegments.Add((campaign.Name, name, store.Id)))
                {
                    LogSegmentMissing(campaign.Name, store.Id, name);
                }
            }
        }
    }

    [LoggerMessage(EventName = "segment_missing", Level = LogLevel.Warning,
        Message = "The campaign {Campaign} contacts nobody in the store {Store}, which has no segment {Segment}: make it with POST /v1/segments")]
    partial void LogSegmentMissing(string campaign, string store, string segment);

    [LoggerMessage(EventName = "segments_not_applied", Level = LogLevel.Error,
        Message = "The segments were changed, and the campaigns still use the former ones; retrying for some minutes. If it goes on, reload the configuration or restart")]
    partial void LogSegmentsNotApplied(Exception failure);
}
