using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Primitives.Csv;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning;

/// <summary>
/// Sessions of a real shop with the label whether they ended in a purchase: UCI Online Shoppers Purchasing Intention (Sakar and Kastro 2018,
/// CC BY 4.0), a random 70% of its 12,330 rows. It is not part of the repository; tests that need it are ignored without it.
/// </summary>
static class OnlineShoppers
{
    static readonly string[] s_categorical = ["Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend"];

    static readonly string s_path = Path.GetFullPath(Path.Combine("..", "shared", "data", "online-shoppers", "sessions.csv"), Repository.Root);

    /// <summary>A column per number and per value of a category. The encoding looks at no label, so it leaks nothing between folds.</summary>
    public static TrainingSet Sessions()
    {
        if (!File.Exists(s_path))
        {
            Assert.Ignore($"The Online Shoppers data is not part of the repository and was not found at {s_path}.");
        }

        using var records = new CsvReader(new StreamReader(s_path), s_path);
        records.Next();
        string[] header = [.. records.Texts()];
        var sessions = new List<string[]>();
        while (records.Next())
        {
            sessions.Add([.. records.Texts()]);
        }

        var columns = new List<(string Name, Func<string[], float> Of)>();
        foreach (var (place, name) in header.Index().SkipLast(1))
        {
            if (!s_categorical.Contains(name, StringComparer.Ordinal))
            {
                columns.Add((name, session => float.Parse(session[place], CultureInfo.InvariantCulture)));
                continue;
            }

            foreach (var value in sessions.Select(session => session[place]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                columns.Add(($"{name}={value}", session => session[place] == value ? 1 : 0));
            }
        }
        return new TrainingSet(
            [.. columns.Select(column => column.Name)],
            [.. sessions.SelectMany(session => columns.Select(column => column.Of(session)))],
            [.. sessions.Select(session => session[^1] == "TRUE" ? (byte)1 : (byte)0)],
            [.. Enumerable.Range(0, sessions.Count)],
            [.. Enumerable.Range(0, sessions.Count).Select(i => (long)i)]);
    }
}
