namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>A part of a template.</summary>
abstract record TemplateNode;

/// <summary>Text that is copied.</summary>
sealed record TextNode(string Text) : TemplateNode;

/// <summary>A pipeline whose value is written, unless it sets a variable.</summary>
sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

/// <summary><c>if</c>, <c>with</c> or <c>range</c>.</summary>
sealed record BlockNode(string Keyword, Pipeline Pipeline, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode> Else) : TemplateNode;

/// <summary><c>template "name" pipeline</c></summary>
sealed record CallNode(string Name, Pipeline? Argument, int Line) : TemplateNode;
