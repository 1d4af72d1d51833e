using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>
/// When a message is tried again that its sink could not deliver now. The waits grow, and differ by message by up to a tenth, so that those of one
/// outage do not return at once. No message waits in a sink meanwhile.
/// </summary>
static class RetrySchedule
{
    const long Minute = 60_000, Hour = 60 * Minute;

    // Greylisting ends after some minutes.
    static readonly long[] s_people = [Minute, 2 * Minute, 4 * Minute, 8 * Minute, 15 * Minute, 30 * Minute, Hour];

    // As Standard Webhooks recommends, after the retries in quick succession: three days in all.
    static readonly long[] s_systems = [5 * Minute, 30 * Minute, 2 * Hour, 5 * Hour, 10 * Hour, 14 * Hour, 20 * Hour, 24 * Hour];

    // A message that expires is tried once more just before.
    const long LastChance = 30_000;

    /// <summary>Returns when the message is due again (ms since 1970 UTC); <see langword="null"/> if it is given up.</summary>
    /// <param name="id">The message.</param>
    /// <param name="channel">Its channel. A message to a person is tried while it is of use, one to the shop's systems for days.</param>
    /// <param name="attempts">Number of attempts so far, from 1.</param>
    /// <param name="after">Minimum wait (ms).</param>
    /// <param name="usefulUntil">When a message to a person expires (ms since 1970 UTC).</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public static long? NextTry(string id, DeliveryChannel channel, int attempts, long after, long usefulUntil, long now)
    {
        if (!channel.IsMessage)
        {
            return attempts > s_systems.Length ? null : now + Spread(id, Math.Max(after, s_systems[attempts - 1]));
        }

        var due = now + Spread(id, Math.Max(after, s_people[Math.Min(attempts, s_people.Length) - 1]));
        return due < usefulUntil ? due
            : usefulUntil - LastChance >= now + Math.Max(after, Minute) ? usefulUntil - LastChance
            : null;
    }

    // The last hexadecimal digits of an intervention's id are random.
    static long Spread(string id, long wait) =>
        wait + wait / 10 * (id.Length > 0 && char.IsAsciiHexDigit(id[^1]) ? Convert.ToInt32(id[^1..], 16) : 0) / 16;
}
