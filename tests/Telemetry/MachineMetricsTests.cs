using CartRecovery.Engine.Telemetry;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Telemetry;

/// <summary>Reads the machine's metrics from files as Linux writes them.</summary>
public sealed class MachineMetricsTests
{
    Scratch _folder = null!;

    [SetUp]
    public void Open()
    {
        _folder = new Scratch();
        foreach (var folder in new[] { "net", "self", "v1/memory", "v1/cpu", "v2" })
        {
            Directory.CreateDirectory(_folder.PathOf(folder));
        }

        _folder.Write("stat", "cpu  300 0 0 0\ncpu0 100 0 50 250 7 0 0 0 0 0\ncpu1 200 0 0 0 0 0 0 0 0 0\nintr 1\n");
        _folder.Write("loadavg", "0.52 0.40 0.30 1/200 999\n");
        _folder.Write("meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n");
        _folder.Write("net/dev", "Inter-|   Receive\n face |bytes\n    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0: 1000 1 0 0 0 0 0 0 2000 2 0 0 0 0 0 0\n");
        _folder.Write("self/io", "rchar: 5\nread_bytes: 4096\nwrite_bytes: 8192\n");
        _folder.Write("self/limits", "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files\n");
    }

    [TearDown]
    public void Close() => _folder.Dispose();

    [Test]
    public async Task The_machine_is_read()
    {
        var read = await ReadAsync("v2");
        Assert.Multiple(() =>
        {
            Assert.That(Of(read, "cartrecovery_machine_cpu_seconds_total", "0", "idle"), Is.EqualTo(2.5));
            Assert.That(Of(read, "cartrecovery_machine_cpu_seconds_total", "1", "user"), Is.EqualTo(2));
            Assert.That(Of(read, "cartrecovery_machine_load"), Is.EqualTo(0.52));
            Assert.That(Of(read, "cartrecovery_machine_memory_bytes", "available"), Is.EqualTo(1 << 20));
            Assert.That(Of(read, "cartrecovery_machine_network_bytes_total", "eth0", "sent"), Is.EqualTo(2000));
            Assert.That(Of(read, "cartrecovery_process_disk_bytes_total", "written"), Is.EqualTo(8192));
            Assert.That(Of(read, "process_max_fds"), Is.EqualTo(1024));
            Assert.That(Of(read, "cartrecovery_machine_disk_bytes", "total"), Is.Positive);
            Assert.That(Of(read, "cartrecovery_container_cpu_cores"), Is.EqualTo(double.PositiveInfinity));
        });
    }

    [Test]
    public async Task Limits_of_control_groups_of_version_2_are_read()
    {
        _folder.Write("v2/memory.max", "1048576\n");
        _folder.Write("v2/memory.current", "4096\n");
        _folder.Write("v2/cpu.max", "150000 100000\n");
        _folder.Write("v2/cpu.stat", "usage_usec 1\nthrottled_usec 2500000\n");
        await LimitsAreReadAsync("v2");
    }

    [Test]
    public async Task Limits_of_control_groups_of_version_1_are_read()
    {
        _folder.Write("v1/memory/memory.limit_in_bytes", "1048576\n");
        _folder.Write("v1/memory/memory.usage_in_bytes", "4096\n");
        _folder.Write("v1/cpu/cpu.cfs_quota_us", "150000\n");
        _folder.Write("v1/cpu/cpu.cfs_period_us", "100000\n");
        _folder.Write("v1/cpu/cpu.stat", "nr_periods 1\nthrottled_time 2500000000\n");
        await LimitsAreReadAsync("v1");
    }

    [TestCase("v1/memory/memory.limit_in_bytes", "9223372036854771712", "v1")]
    [TestCase("v2/memory.max", "max", "v2")]
    public async Task Without_a_limit_there_is_no_limit(string file, string text, string groups)
    {
        _folder.Write(file, text);
        Assert.That(Of(await ReadAsync(groups), "cartrecovery_container_memory_bytes", "limit"), Is.EqualTo(double.PositiveInfinity));
    }

    async Task LimitsAreReadAsync(string groups)
    {
        var read = await ReadAsync(groups);
        Assert.Multiple(() =>
        {
            Assert.That(Of(read, "cartrecovery_container_memory_bytes", "limit"), Is.EqualTo(1 << 20));
            Assert.That(Of(read, "cartrecovery_container_memory_bytes", "used"), Is.EqualTo(4096));
            Assert.That(Of(read, "cartrecovery_container_cpu_cores"), Is.EqualTo(1.5));
            Assert.That(Of(read, "cartrecovery_container_cpu_throttled_seconds_total"), Is.EqualTo(2.5));
        });
    }

    async Task<MetricSnapshot> ReadAsync(string groups)
    {
        using var registry = new MetricRegistry();
        MachineMetrics.Declare(registry, _folder.Folder, _folder.Folder, _folder.PathOf(groups));
        var read = await registry.ReadAsync();
        Assert.That(read.Families["cartrecovery_metrics_failures_total"].Samples.Single().Value, Is.Zero);
        return read;
    }

    static double Of(MetricSnapshot read, string name, params string[] labels) =>
        read.Families[name].Samples.Single(sample => sample.Labels.Select(label => label.Value!.ToString()).SequenceEqual(labels)).Value;
}
