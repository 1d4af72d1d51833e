using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Datasets;

/// <summary>The log that is shipped, which the shipped model was fitted on.</summary>
static class ShopLogSample
{
    public static IReadOnlyList<ShopEvent> Events { get; } = ShopLog.Read(Path.Combine(Repository.Root, "config", "demo", "rees46-2019-10-01.csv.gz"));
}
