using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Fluid;

namespace CartRecovery.Engine.Messages;

/// <summary>A campaign's Liquid template, parsed and checked once and rendered many times. Immutable and thread-safe.</summary>
public sealed partial class MessageTemplate
{
    /// <summary>Escapes for HTML: text and quoted attributes.</summary>
    internal static readonly HtmlEncoder HtmlEncoder = HtmlEncoder.Create(UnicodeRanges.All);

    static readonly FluidParser s_parser = ParserOf();

    [ThreadStatic]
    static MessageContext? s_text, s_html;

    readonly IFluidTemplate _template;
    readonly MessageFormat _format;

    MessageTemplate(IFluidTemplate template, MessageFormat format, TemplateCheck check)
    {
        (_template, _format) = (template, format);
        ShowsLines = check.Paths.Any(path => path is "cart" or "cart.lines" || path.StartsWith("cart.lines.", StringComparison.Ordinal));
        ShowsCustomer = check.Paths.Any(path => path is "customer" || path.StartsWith("customer.", StringComparison.Ordinal));
    }

    /// <summary>Whether it shows the cart's products.</summary>
    public bool ShowsLines { get; }

    /// <summary>Whether it shows customer data.</summary>
    public bool ShowsCustomer { get; }

    /// <summary>Fields shown unconditionally: not guarded by a condition or <c>default</c>.</summary>
    public IReadOnlyList<TemplateUse> UnguardedFields { get; private init; } = [];

    /// <summary>Compiles a text that has been checked.</summary>
    /// <exception cref="FormatException">The text is not a valid template.</exception>
    public static MessageTemplate Compile(string text, MessageFormat format)
    {
        var problems = new List<TemplateProblem>();
        return TryCompile(text, format, problems) ?? throw new FormatException(problems[0].Message);
    }

    /// <summary>Compiles a text.</summary>
    /// <param name="text">A text in Liquid or in the older syntax.</param>
    /// <param name="format">The target of the rendering.</param>
    /// <param name="problems">Receives the problems.</param>
    /// <returns><see langword="null"/> if there are problems.</returns>
    public static MessageTemplate? TryCompile(string text, MessageFormat format, List<TemplateProblem> problems)
    {
        if (text.Length > MessageLimits.Template)
        {
            problems.Add(new TemplateProblem(0, $"a template must have at most {MessageLimits.Template} characters, not {text.Length}"));
            return null;
        }

        var found = new List<TemplateProblem>();
        var old = LegacySyntax.Translate(text, problems);
        if (problems.Count > 0)
        {
            return null;
        }

        var scanner = TemplateScanner.Scan(old.Text, found);
        TemplateCheck? check = null;
        IFluidTemplate? template = null;
        if (found.Count == 0)
        {
            if (s_parser.TryParse(old.Text, out template, out var error))
            {
                check = new TemplateCheck(scanner, OptionsOf(format).Filters, found);
                check.VisitTemplate(template);
            }
            else
            {
                found.Add(ProblemOf(error, old.Text));
            }
        }

        problems.AddRange(found.Select(problem => problem with { Offset = old.PlaceOf(problem.Offset) }));
        return problems.Count > 0 ? null : new MessageTemplate(new TemplateGuard().VisitTemplate(template!), format, check!)
        {
            UnguardedFields = [.. check!.UnguardedFields.Select(use => use with { Offset = old.PlaceOf(use.Offset), Text = old.TagOf(use.Offset, text) ?? use.Text })],
        };
    }

    /// <summary>Renders the template. Missing values render as nothing.</summary>
    /// <exception cref="MessageRenderingException">The rendering exceeds a limit or performs an invalid calculation.</exception>
    public string Render(MessageValues values)
    {
        ref var kept = ref (_format == MessageFormat.Html ? ref s_html : ref s_text);
        var context = kept ?? new MessageContext(OptionsOf(_format));

        // A context that fails in the middle of a loop is not reused.
        kept = null;
        context.Begin(values, MessageLimits.OutputOf(_format));
        try
        {
            var rendering = _template.RenderAsync(context.Writer, _format == MessageFormat.Html ? HtmlEncoder : NullEncoder.Default, context);
            if (!rendering.IsCompletedSuccessfully)
            {
                rendering.AsTask().GetAwaiter().GetResult();
            }
        }
        catch (Exception e) when (e is not (MessageRenderingException or OutOfMemoryException))
        {
            throw new MessageRenderingException(ReasonOf(e));
        }

        var text = context.Writer.ToString();
        context.End();
        kept = context;
        return _format == MessageFormat.Line ? OneLine(text) : text;
    }

    static TemplateOptions OptionsOf(MessageFormat format) => format == MessageFormat.Html ? MessageFilters.Html : MessageFilters.Text;

    static FluidParser ParserOf()
    {
        var parser = new FluidParser(new FluidParserOptions());
        foreach (var tag in parser.RegisteredTags.Keys.Except(TemplateScanner.Tags).ToArray())
        {
            parser.RegisteredTags.Remove(tag);
        }

        return parser;
    }

    static string ReasonOf(Exception e) => e switch
    {
        DivideByZeroException => "divides by zero",
        OverflowException => "calculates a number that is too large",
        InvalidOperationException when e.Message.Contains("maximum", StringComparison.Ordinal) => $"runs more than {MessageLimits.Steps} steps",
        _ => $"cannot be rendered: {e.Message}",
    };

    static TemplateProblem ProblemOf(string error, string text)
    {
        if (ParserError().Match(error) is not { Success: true } match)
        {
            return new TemplateProblem(0, $"this is not Liquid: {error}");
        }

        var offset = 0;
        for (var line = int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture); line > 1; line--)
        {
            offset = text.IndexOf('\n', offset) + 1;
        }

        offset += int.Parse(match.Groups["column"].Value, CultureInfo.InvariantCulture) - 1;
        var message = match.Groups["message"].Value;
        return new TemplateProblem(Math.Clamp(offset, 0, Math.Max(0, text.Length - 1)),
            message.Contains("AllowParentheses", StringComparison.Ordinal) ? "Liquid has no parentheses: nest one '{% if %}' in another"
            : message.Contains("AllowFunctions", StringComparison.Ordinal) ? "Liquid has no function calls: use a filter, as in {{ cart.total | money }}"
            : $"this is not Liquid: {char.ToLowerInvariant(message[0])}{message[1..].TrimEnd('.')}");
    }

    // A header must stay on one line, whatever its values contain.
    static string OneLine(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\x1f') && !text.AsSpan().ContainsAnyInRange('\x7f', '\x9f') && !text.AsSpan().ContainsAny('\u2028', '\u2029'))
        {
            return text.Trim();
        }

        var line = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            var isBreak = char.IsControl(letter) || letter is '\u2028' or '\u2029';
            if (!isBreak || (line.Length > 0 && line[^1] != ' '))
            {
                line.Append(isBreak ? ' ' : letter);
            }
        }

        return line.ToString().Trim();
    }

    [GeneratedRegex(@"^(?<message>[^\n]+?) at \((?<line>\d+):(?<column>\d+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex ParserError();
}
