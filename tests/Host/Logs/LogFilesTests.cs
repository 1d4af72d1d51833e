using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Logs;
using CartRecovery.Host.Output;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Hosting.Logs;

sealed class LogFilesTests
{
    [Test]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Lines_from_before_and_after_the_folder_is_known_are_kept_in_order_with_their_fields()
    {
        using var scratch = new Scratch();
        using (var files = new LogFiles(new LogFilesConfig()))
        using (var loggers = LoggerFactory.Create(logs => logs.AddProvider(files)))
        {
            var log = loggers.CreateLogger("Tests");
            log.LogInformation(new EventId(0, "first"), "Number {Number}", 1);
            files.Begin(scratch.PathOf("logs"));
            log.LogError(new EventId(0, "second"), new InvalidOperationException("broken"), "Number {Number} of {Who}", 2, "someone@shop.example");
        }

        using var search = new LogSearch(scratch.PathOf("logs"));
        using var page = await search.FindAsync(new LogQuery(), before: null, 10, CancellationToken.None);
        Assert.That(page.Lines.Select(line => $"{line.RootElement.GetProperty("level")} {line.RootElement.GetProperty("event")} {line.RootElement.GetProperty("number")}"),
            Is.EqualTo(new[] { "error second 2", "information first 1" }));
        var text = page.Lines[0].RootElement.GetRawText();
        Assert.That(text, Does.Contain("broken").And.Not.Contains("someone@"), "addresses are masked");
        Assert.That(File.GetUnixFileMode(Directory.GetFiles(scratch.PathOf("logs")).Single()) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead), Is.EqualTo(UnixFileMode.None));
    }

    [Test]
    public async Task National_numbers_of_the_stores_countries_are_masked_in_texts_and_sizes_are_not()
    {
        LogCountries.Add(["DE"]);
        using var scratch = new Scratch();
        using (var files = new LogFiles(new LogFilesConfig()))
        using (var loggers = LoggerFactory.Create(logs => logs.AddProvider(files)))
        {
            files.Begin(scratch.PathOf("logs"));
            loggers.CreateLogger("Tests").LogError(
                new InvalidOperationException("0151 12340001 is unknown"), "{Count} bytes at {At}: {Answer} for {Number}",
                15112340000, 4915112340000, "no 0151/12340002", "4915112340003");
        }

        using var search = new LogSearch(scratch.PathOf("logs"));
        using var page = await search.FindAsync(new LogQuery(), before: null, 10, CancellationToken.None);
        var line = page.Lines.Single().RootElement;
        Assert.That(line.GetProperty("message").GetString(), Is.EqualTo("15112340000 bytes at 4915112340000: no *** for ***"));
        Assert.That((line.GetProperty("answer").GetString(), line.GetProperty("number").GetString()), Is.EqualTo(("no ***", "***")));
        Assert.That(line.GetProperty("exception").GetString(), Does.Contain("*** is unknown"));
    }

    [Test]
    public void Nothing_is_written_where_the_files_are_off()
    {
        using var scratch = new Scratch();
        using var files = new LogFiles(new LogFilesConfig { Enabled = false });
        files.Begin(scratch.PathOf("logs"));
        files.CreateLogger("Tests").LogError("lost");
        Assert.That(Directory.Exists(scratch.PathOf("logs")), Is.False);
    }
}
