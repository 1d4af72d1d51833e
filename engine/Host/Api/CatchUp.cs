using System.Threading.Channels;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Api;

/// <summary>Who asks what became of a cart finds what it was told before: the desk keeps what comes in some milliseconds later than it is acknowledged.</summary>
static class CatchUp
{
    // A desk that cannot keep anything at the moment is no reason not to say what was kept.
    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    /// <summary>Completes when everything that came to the desk before can be read, or after a second.</summary>
    public static async Task WithDeskAsync(EngineHost host)
    {
        try
        {
            await host.Journeys.Do((_, _) => true).WaitAsync(s_longest);
        }
        catch (Exception e) when (e is TimeoutException or ChannelClosedException)
        {
            // What is known is told.
        }
    }
}
