using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Host.Api;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>The segments.</content>
sealed partial class EngineHost : ISegmentControl
{
    // Logged warnings. Bounded by campaigns × stores.
    readonly HashSet<(string Campaign, string Segment, string Store)> _missingSegments = [];

    /// <summary>The segments that flags, experiments and campaigns refer to.</summary>
    public SegmentDirectory Segments { get; }

    /// <inheritdoc/>
    public Task ApplySegmentsAsync() => Task.Run(ApplySegments);

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
}
