using System.IO.Pipelines;

namespace CartRecovery.Engine.Ingest;

/// <summary>
/// Waits for the other side to hang up. Hanging up on bytes that nobody has read resets the connection, and a reset may overtake the last
/// answers.
/// </summary>
static class Linger
{
    // Long enough for what was on its way when the client heard the last answer.
    static readonly TimeSpan s_atMost = TimeSpan.FromMilliseconds(500);

    /// <summary>Reads and forgets until the end, or until time is up.</summary>
    public static async Task UntilEndAsync(PipeReader input)
    {
        using var deadline = new CancellationTokenSource(s_atMost);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(deadline.Token);
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It was asked to go.
        }
    }
}
