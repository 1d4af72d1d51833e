using System.Threading.Channels;
using CartRecovery.Engine.Journeys;

namespace CartRecovery.Host.Api.Interventions;

/// <summary>Lets a reader of reports see everything that was acknowledged before it asked: journeys store it some milliseconds later.</summary>
static class CatchUp
{
    // Reports that are a little old are better than none.
    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    /// <summary>Completes when everything that came before can be read, or after a second.</summary>
    public static async Task CatchUpAsync(this JourneyWorker outreach)
    {
        try
        {
            await outreach.Do((_, _) => true).WaitAsync(s_longest);
        }
        catch (Exception e) when (e is TimeoutException or ChannelClosedException)
        {
            // What is stored is told.
        }
    }
}
