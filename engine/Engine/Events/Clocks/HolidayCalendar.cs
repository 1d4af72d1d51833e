using System.Collections.Concurrent;
using System.Collections.Frozen;
using PublicHoliday;

namespace CartRecovery.Engine.Events.Clocks;

/// <summary>The public holidays of a country: those of the whole country, also where they are moved from a weekend. Thread-safe.</summary>
public sealed class HolidayCalendar
{
    // The package knows few special days before, and the Islamic calendar ends in 2077.
    const int FirstYear = 1990, LastYear = 2070;

    static readonly FrozenDictionary<string, HolidayCalendar> s_calendars = new Dictionary<string, Func<IPublicHolidays>>(StringComparer.Ordinal)
    {
        ["AT"] = () => new AustriaPublicHoliday(),
        ["AU"] = () => new AustraliaPublicHoliday(),
        ["BE"] = () => new BelgiumPublicHoliday(),
        ["BR"] = () => new BrazilPublicHoliday(),
        ["CA"] = () => new CanadaPublicHoliday(),
        ["CH"] = () => new SwitzerlandPublicHoliday(),
        ["CZ"] = () => new CzechRepublicPublicHoliday(),
        ["DE"] = () => new GermanPublicHoliday(),
        ["DK"] = () => new DenmarkPublicHoliday(),
        ["EE"] = () => new EstoniaPublicHoliday(),
        ["ES"] = () => new SpainPublicHoliday(),
        ["FI"] = () => new FinlandPublicHoliday(),
        ["FR"] = () => new FrancePublicHoliday(),
        ["GB"] = () => new UKBankHoliday(),
        ["GR"] = () => new GreecePublicHoliday(),
        ["HR"] = () => new CroatiaPublicHoliday(),
        ["HU"] = () => new HungaryPublicHoliday(),
        ["IE"] = () => new IrelandPublicHoliday(),
        ["IT"] = () => new ItalyPublicHoliday(),
        ["JP"] = () => new JapanPublicHoliday(),
        ["KZ"] = () => new KazakhstanPublicHoliday(),
        ["LT"] = () => new LithuaniaPublicHoliday(),
        ["LU"] = () => new LuxembourgPublicHoliday(),
        ["LV"] = () => new LatviaPublicHoliday(),
        ["ME"] = () => new MontenegroPublicHoliday(),
        ["MX"] = () => new MexicoPublicHoliday(),
        ["NL"] = () => new DutchPublicHoliday(),
        ["NO"] = () => new NorwayPublicHoliday(),
        ["NZ"] = () => new NewZealandPublicHoliday(),
        ["PL"] = () => new PolandPublicHoliday(),
        ["PT"] = () => new PortugalPublicHoliday(),
        ["RO"] = () => new RomanianPublicHoliday(),
        ["RS"] = () => new SerbianPublicHoliday(),
        ["SE"] = () => new SwedenPublicHoliday(),
        ["SI"] = () => new SloveniaPublicHoliday(),
        ["SK"] = () => new SlovakiaPublicHoliday(),
        ["TR"] = () => new TurkeyPublicHoliday(),
        ["US"] = () => new USAPublicHoliday(),
        ["ZA"] = () => new SouthAfricaPublicHoliday(),
    }.ToFrozenDictionary(entry => entry.Key, entry => new HolidayCalendar(entry.Value), StringComparer.Ordinal);

    readonly ConcurrentDictionary<int, FrozenSet<int>> _years = new();
    readonly Func<IPublicHolidays> _country;

    HolidayCalendar(Func<IPublicHolidays> country) => _country = country;

    /// <summary>The countries that have a calendar, ISO 3166-1.</summary>
    public static IReadOnlyList<string> Countries { get; } = [.. s_calendars.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Returns a country's calendar; <see langword="null"/> if there is none.</summary>
    /// <param name="country">The code of ISO 3166-1, two capital letters.</param>
    public static HolidayCalendar? Of(string? country) => country is null ? null : s_calendars.GetValueOrDefault(country);

    /// <summary>Returns whether a day is a holiday. Allocates when a year is asked for the first time.</summary>
    /// <param name="localAt">A moment of the day in local time, in milliseconds since 1970.</param>
    public bool Contains(long localAt)
    {
        var day = DateTime.UnixEpoch.AddMilliseconds(localAt);
        return day.Year is >= FirstYear and <= LastYear && _years.GetOrAdd(day.Year, static (year, country) => DaysOf(country(), year), _country).Contains(day.DayOfYear);
    }

    // A holiday that is moved may fall into the year before.
    static FrozenSet<int> DaysOf(IPublicHolidays country, int year) =>
        country.PublicHolidays(year).Concat(country.PublicHolidays(year + 1)).Where(day => day.Year == year).Select(day => day.DayOfYear).ToFrozenSet();
}
