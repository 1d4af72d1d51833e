using System.Globalization;
using System.Text;
using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Primitives.Csv;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.OffPolicy;

/// <summary>
/// Kevin Hillstrom's e-mail experiment (MineThatData challenge, 2008, public): a random 60% of its 64,000 customers, each sent one of two
/// e-mails or none with equal probability. It is not part of the repository; tests that need it are ignored without it.
/// </summary>
static class Hillstrom
{
    public const string Mens = "Mens E-Mail";
    public const string Womens = "Womens E-Mail";
    public const string None = "No E-Mail";

    static readonly string[] s_features = ["recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel"];

    static readonly string s_path = Path.GetFullPath(Path.Combine("..", "shared", "data", "hillstrom", "campaign.csv"), Repository.Root);

    /// <summary>The experiment as a choice log with visit, conversion or spend as the reward, read as by the command.</summary>
    public static ChoiceLog Log(string reward)
    {
        using var scratch = new Scratch();
        return ChoiceLogCsv.Read(scratch.Write("log.csv", Csv(reward)));
    }

    /// <summary>The experiment as an input file of the command.</summary>
    public static string Csv(string reward)
    {
        if (!File.Exists(s_path))
        {
            Assert.Ignore($"Hillstrom's data is not part of the repository and was not found at {s_path}.");
        }

        using var records = new CsvReader(new StreamReader(s_path), s_path);
        records.Next();
        var place = records.Texts().Index().ToDictionary(column => column.Item, column => column.Index, StringComparer.Ordinal);
        var csv = new StringBuilder($"{string.Join(',', s_features)},action,propensity,reward\n");
        while (records.Next())
        {
            // Quoted because of values such as "$1,000".
            foreach (var feature in s_features)
            {
                csv.Append(CultureInfo.InvariantCulture, $"\"{records.Text(place[feature])}\",");
            }

            csv.Append(CultureInfo.InvariantCulture, $"{records.Text(place["segment"])},{1 / 3.0},{records.Text(place[reward])}\n");
        }

        return csv.ToString();
    }

    /// <summary>The mean reward of an action's own choices, which is its value, as choices were random.</summary>
    public static Estimate MeanOf(ChoiceLog log, string action) =>
        Estimate.OfMean([.. log.Rewards.Where((_, i) => log.Chosen[i] == log.ActionOf(action))]);

    /// <summary>The published means over all 64,000 rows.</summary>
    public static double Published(string reward, string action) => (reward, action) switch
    {
        ("visit", None) => 0.1062,
        ("visit", Mens) => 0.1828,
        ("visit", Womens) => 0.1514,
        ("conversion", None) => 0.0057,
        ("conversion", Mens) => 0.0125,
        ("conversion", Womens) => 0.0088,
        ("spend", None) => 0.653,
        ("spend", Mens) => 1.42,
        ("spend", Womens) => 1.08,
        _ => throw new ArgumentOutOfRangeException(nameof(reward), reward, action),
    };
}
