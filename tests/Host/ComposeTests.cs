using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace CartRecovery.Tests.Hosting;

/// <summary>The shipped compose file agrees with the files that it mounts and with the image's configuration.</summary>
public sealed partial class ComposeTests
{
    static readonly string s_text = File.ReadAllText(Path.Combine(Repository.Root, "compose.yaml"));

    [Test]
    public void What_it_mounts_is_there() =>
        Assert.That(Mount().Matches(s_text).Select(match => match.Groups["path"].Value), Is.Not.Empty.And.All.Matches<string>(path => Path.Exists(Path.Combine(Repository.Root, path!))));

    [Test]
    public void It_sets_the_variables_that_the_images_configuration_reads()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(s_text));
        var engine = (YamlMappingNode)yaml.Documents[0].RootNode["services"]["cartrecovery"];
        var set = ((YamlMappingNode)engine["environment"]).Children.Keys.Select(key => ((YamlScalarNode)key).Value);
        var read = Variable().Matches(File.ReadAllText(Path.Combine(Repository.Root, "config", "container.yaml"))).Select(match => match.Groups["name"].Value).Distinct();

        Assert.That(set, Is.EquivalentTo(read));
        Assert.That(engine["volumes"].ToString(), Does.Contain("/var/lib/cartrecovery"), "config/container.yaml keeps its data there");
    }

    [GeneratedRegex(@"^ +- \./(?<path>[^:]+):", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Mount();

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
