using System.Threading.Channels;
using CartRecovery.Engine.Journeys;

namespace CartRecovery.Host.Api.Interventions;

/// <summary>Waits until reports include everything acknowledged before the request. Journeys persist it some milliseconds after the acknowledgement.</summary>
static class CatchUp
{
    // After this time, a slightly stale report is better than none.
    static readonly TimeSpan s_maxWait = TimeSpan.FromSeconds(1);

    /// <summary>Completes once everything acknowledged before the call is readable, or after one second.</summary>
    public static async Task CatchUpForReportAsync(this JourneyWorker journeys)
    {
        try
        {
            await journeys.CatchUpAsync().WaitAsync(s_maxWait);
        }
        catch (Exception e) when (e is TimeoutException or ChannelClosedException)
        {
            // On timeout, the report shows what is persisted so far.
        }
    }
}
