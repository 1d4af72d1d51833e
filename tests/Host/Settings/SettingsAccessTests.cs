using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Data;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Settings;

/// <summary>Commands read segments that campaigns name, and do not go on without them.</summary>
public sealed class SettingsAccessTests
{
    [Test]
    public async Task Segments_that_campaigns_name_must_be_readable()
    {
        using var scratch = new Scratch();
        var config = new CartRecoveryConfig { Data = scratch.PathOf("data") };
        Directory.CreateDirectory(config.Data);
        config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        await File.WriteAllBytesAsync(new FolderFiles(config.Data).ControlDatabase, Encoding.UTF8.GetBytes(new string('x', 8192)));
        Assert.That(await SettingsAccess.SegmentsAsync(config), Is.Not.Null, "no campaign names one");

        config.Decisions.Campaigns[0].Segment = "gold";
        Assert.That(await SettingsAccess.SegmentsAsync(config), Is.Null, "before the first start");
        await File.WriteAllBytesAsync(Path.Combine(config.Data, "secret"), new byte[32]);
        var failure = await Assert.ThrowsAsync<DataFolderException>(() => SettingsAccess.SegmentsAsync(config));
        Assert.That(failure?.Code, Is.EqualTo("segments_unreadable"));
    }
}
