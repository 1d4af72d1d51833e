using System.Text;
using CartRecovery.Host.Reconciliation;

namespace CartRecovery.Tests.Hosting.Reconciliation;

/// <summary>Reads the shop's lists in each form.</summary>
public sealed class ShopRowReaderTests
{
    const string Lines = """
        {"orderId":"o1","cartId":"c1","value":12.5,"currency":"EUR","status":"placed","at":"2026-11-20T09:40:00Z"}

        {"cartId":"c2","itemCount":3}
        """;

    static readonly ShopRow[] s_rows =
    [
        new("o1", "c1", 12.5m, "EUR", "placed", At: new DateTimeOffset(2026, 11, 20, 9, 40, 0, TimeSpan.Zero)) { Line = 1 },
        new(CartId: "c2", ItemCount: 3) { Line = 3 },
    ];

    [Test]
    public void Json_lines_are_read() => Assert.That(Read(Lines), Is.EqualTo(s_rows));

    [Test]
    public void An_array_is_read() =>
        Assert.That(Read($"\n [{string.Join(',', Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}]"), Is.EqualTo(new[] { s_rows[0], s_rows[1] with { Line = 2 } }));

    [Test]
    public void Csv_is_read() => Assert.That(
        Read("orderId,cartId,value,currency,status,at,itemCount\r\no1,c1,12.5,EUR,placed,2026-11-20T09:40:00Z,\r\n\r\n,c2,,,,,3\r\n", isCsv: true), Is.EqualTo(new[] { s_rows[0] with { Line = 2 }, s_rows[1] with { Line = 4 } }));

    [Test]
    public void A_line_that_cannot_be_read_costs_that_line_alone()
    {
        var errors = new List<(int, string)>();
        var rows = ShopRowReader.Read(Encoding.UTF8.GetBytes("""
            nonsense
            {"value":1}
            {"orderId":"o1","value":"x"}
            {"orderId":"o1","price":1}
            {"orderId":"o1","value":-1}
            {"orderId":"o1","currency":"euro"}
            {"orderId":"o1","status":"lost"}
            {"orderId":"undefined"}
            null
            {"orderId":"o9"}
            """), isCsv: false, (line, problem) => errors.Add((line, problem)));
        Assert.That(rows.Select(row => row.OrderId), Is.EqualTo(new[] { "o9" }));
        Assert.That(errors.Select(error => error.Item1), Is.EqualTo(Enumerable.Range(1, 9)));
        Assert.That(errors.Select(error => error.Item2), Is.All.Not.Empty);
    }

    [Test]
    public void Rows_with_invalid_cells_are_skipped()
    {
        var errors = new List<int>();
        var rows = ShopRowReader.Read("orderId,value,at\no1,x,\no2,1,yesterday\no3,1\no4,1,2026-11-20\n"u8.ToArray(), isCsv: true, (line, _) => errors.Add(line));
        Assert.That((string.Join(' ', rows.Select(row => row.OrderId)), string.Join(' ', errors)), Is.EqualTo(("o4", "2 3 4")));
    }

    [Test]
    public void An_invalid_list_is_rejected()
    {
        Assert.That(() => Read("orderID,value\no1,1\n", isCsv: true), Throws.InstanceOf<FormatException>().With.Message.Contains("did you mean 'orderId'?").And.Message.Not.Contains("orderID"));
        Assert.That(() => Read("[{]"), Throws.InstanceOf<FormatException>().With.Message.Contains("not JSON"));
        Assert.That(() => Read("orderId\n" + string.Concat(Enumerable.Range(0, ShopRowReader.MaxRows + 1).Select(i => $"o{i}\n")), isCsv: true),
            Throws.InstanceOf<FormatException>().With.Message.Contains("more than"));
    }

    [Test]
    public void Lines_that_cannot_be_read_count_as_rows_and_few_are_kept()
    {
        var errors = new LineErrors();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x\n", ShopRowReader.MaxRows + 1)));
        Assert.That(() => ShopRowReader.Read("orderId,value\n"u8.ToArray().Concat(text).ToArray(), isCsv: true, errors.Add), Throws.InstanceOf<FormatException>().With.Message.Contains("more than"));
        Assert.That((errors.Count, errors.First.Count), Is.EqualTo((ShopRowReader.MaxRows, LineErrors.Max)));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(() => ShopRowReader.Read("{}\n"u8.ToArray(), isCsv: false, errors.Add, cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_byte_order_mark_is_skipped()
    {
        Assert.That(Read("\uFEFF[{\"orderId\":\"o1\"}]").Single().OrderId, Is.EqualTo("o1"));
        Assert.That(Read("\uFEFF{\"orderId\":\"o1\"}").Single().OrderId, Is.EqualTo("o1"));
        Assert.That(Read("\uFEFForderId\no1\n", isCsv: true).Single().OrderId, Is.EqualTo("o1"));
    }

    [Test]
    public void A_time_without_an_offset_is_utc_in_each_form()
    {
        var time = new DateTimeOffset(2026, 11, 20, 9, 40, 0, TimeSpan.Zero);
        foreach (var row in new[] { Read("""{"orderId":"o1","at":"2026-11-20T09:40:00"}"""), Read("orderId,at\no1,2026-11-20T09:40:00\n", isCsv: true), Read("""{"orderId":"o1","at":"2026-11-20T10:40:00+01:00"}""") })
        {
            Assert.That((row.Single().At, row.Single().At!.Value.UtcDateTime), Is.EqualTo(((DateTimeOffset?)time, time.UtcDateTime)));
        }
    }

    [Test]
    public void What_a_line_has_is_not_repeated_in_its_error()
    {
        var errors = new List<string>();
        ShopRowReader.Read("""{"orderId":"o1","zoe@mail.example":1}"""u8.ToArray(), isCsv: false, (_, problem) => errors.Add(problem));
        ShopRowReader.Read("orderId,currency\no1,zoe@mail.example\n"u8.ToArray(), isCsv: true, (_, problem) => errors.Add(problem));
        Assert.That(errors, Has.Count.EqualTo(2).And.All.Not.Contain("zoe"));
    }

    static List<ShopRow> Read(string text, bool isCsv = false) => ShopRowReader.Read(Encoding.UTF8.GetBytes(text), isCsv, (line, problem) => Assert.Fail($"{line}: {problem}"));
}
