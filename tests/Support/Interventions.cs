using System.Globalization;
using CartRecovery.Contracts;

namespace CartRecovery.Tests.Support;

/// <summary>
/// Interventions for real carts: <c>rees46-carts.csv</c> holds the first 40 cart additions of 2019-10-01 from the open data of REES46
/// Marketing Platform ("eCommerce behavior data from multi category store").
/// </summary>
static class Interventions
{
    static readonly string[][] s_carts =
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "Support", "rees46-carts.csv")).Skip(1).Select(line => line.Split(','))];

    public static List<Intervention> Many(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(One)];

    public static Intervention One(int number)
    {
        var row = s_carts[number % s_carts.Length];
        var action = (ActionKind)(number % 3);
        return new Intervention
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"iv_{number:x32}"),
            StoreId = "rees46",
            CartId = row[8],
            UserId = row[7],
            SessionId = row[8],
            Campaign = "left-behind",
            Channel = "sink",
            Action = action,
            DiscountPercent = action == ActionKind.Discount ? 12.5 : null,
            Message = $"Your {row[5]} is still here",
            Cart = new CartSummary(1, decimal.Parse(row[6], CultureInfo.InvariantCulture), "USD"),
            Reasons = new DecisionReasons("idle for 30m", 0.25, [new FeatureEffect("adds", 1, -0.125)], "default@1"),
            DecidedAt = DateTimeOffset.ParseExact(row[0], "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        };
    }
}
