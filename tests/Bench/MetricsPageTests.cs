using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class MetricsPageTests
{
    const string Latency = "cartrecovery_event_latency_seconds";

    [Test]
    public void Series_are_summed_by_name_and_by_label()
    {
        var page = MetricsPage.Parse("""
            # HELP cartrecovery_events_received_total Events.
            # TYPE cartrecovery_events_received_total counter
            cartrecovery_events_received_total{protocol="websocket"} 5
            cartrecovery_events_received_total{protocol="tcp"} 7 1732095600000
            cartrecovery_events_received_totals 100
            cartrecovery_events_rejected_total{a="x",code="odd one} {"} 2
            cartrecovery_events_rejected_total{code="odd one} {",a="y"} 3
            process_resident_memory_bytes 1.5e+08

            """);

        Assert.That(page.Received, Is.EqualTo(12));
        Assert.That(page.By("cartrecovery_events_rejected_total", "code"),
            Is.EqualTo(new Dictionary<string, double>(StringComparer.Ordinal) { ["odd one} {"] = 5 }));
        Assert.That(page.ResidentBytes, Is.EqualTo(150e6));
        Assert.That(page.Duplicates, Is.Zero);
    }

    [Test]
    public void Lines_that_are_not_samples_are_ignored() =>
        Assert.That(() => MetricsPage.Parse("\n \nname\n{}\nname{ 1\nname x\n<html>\n"), Throws.Nothing);

    [Test]
    public void A_quantile_is_interpolated_within_the_bucket_of_the_difference()
    {
        var before = Page(100, 100, 100);
        var after = Page(100, 180, 200);

        Assert.That(MetricsPage.Quantile(before, after, Latency, 0.4), Is.EqualTo(0.0015).Within(1e-12));
        Assert.That(MetricsPage.Quantile(before, after, Latency, 0.8), Is.EqualTo(0.002).Within(1e-12));
    }

    [Test]
    public void A_quantile_above_all_bounds_is_the_highest_bound() =>
        Assert.That(MetricsPage.Quantile(Page(0, 0, 0), Page(0, 80, 100), Latency, 0.99), Is.EqualTo(0.002));

    [Test]
    public void An_empty_histogram_has_no_quantile()
    {
        Assert.That(MetricsPage.Quantile(Page(1, 2, 3), Page(1, 2, 3), Latency, 0.5), Is.Null);
        Assert.That(MetricsPage.Quantile(Page(1, 2, 3), Page(1, 2, 3), "other", 0.5), Is.Null);
    }

    static MetricsPage Page(int first, int second, int all) => MetricsPage.Parse($$"""
        {{Latency}}_bucket{le="0.001"} {{first}}
        {{Latency}}_bucket{le="0.002"} {{second}}
        {{Latency}}_bucket{le="+Inf"} {{all}}
        """);
}
