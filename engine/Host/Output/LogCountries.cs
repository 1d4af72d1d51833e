using System.Collections.Immutable;
using System.Net;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Host.Output;

/// <summary>The countries of the process's stores, whose national telephone numbers are masked in the log. Any thread.</summary>
static class LogCountries
{
    static ImmutableHashSet<string> s_countries = [];

    /// <summary>Adds countries, ISO 3166-1. A country stays: lines about a removed store follow its removal.</summary>
    public static void Add(IEnumerable<string?> countries)
    {
        foreach (var country in countries.OfType<string>().Where(PhoneText.IsCountry))
        {
            ImmutableInterlocked.Update(ref s_countries, static (known, added) => known.Add(added), country);
        }

        LogMasking.MaskNationalNumbers(Mask);
    }

    // The address of a client may look like a number.
    static string Mask(string text) =>
        text.Count(c => c == '.') == 3 && IPEndPoint.TryParse(text, out _) ? text : s_countries.Aggregate(text, PhoneText.Mask);
}
