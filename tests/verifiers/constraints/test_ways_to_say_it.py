"""Each official family in many words of our own: every line demands it, and nothing else."""

from __future__ import annotations

import pytest

from skillrm.types import Candidate, Sample
from skillrm.verifiers.constraints import detect

WAYS = {
    "length_constraints:number_words": """
Answer with at least 100 words.
Answer with less than 100 words.
Describe a harbour. The answer must have at least 120 words in it.
Describe a harbour; aim for no fewer than 120 words.
The total number of words in your response should be at least 120.
Your response should be 120 words or more.
Your response should be 120 words or less.
Write a 500-word-minimum essay about tea.
Make it more than 200 words long.
Limit your answer to 100 words.
The word count should be less than 50.
Your whole answer should be at most 45 words.
Your answer should not be longer than 45 words.
Describe tea in fewer than 30 words.
Tell me about tea (at least 300 words).
The response has to contain a minimum of 70 words.
Summarize photosynthesis within 80 words.
Please make sure the essay is 300+ words long.
The poem must be longer than 150 words.
Write an essay with a length of at least 700 words.
""",
    "length_constraints:number_sentences": """
Your response should contain at least 10 sentences.
Your response should contain less than 10 sentences.
The response should have less than 6 sentences in total.
Explain in fewer than 8 sentences.
Your answer should be at least 15 sentences long.
The number of sentences in your response should be less than 7.
Use at most four sentences.
Reply with exactly three sentences.
Explain tides in two sentences.
The story should be no more than 12 sentences.
Make sure your reply is at least 25 sentences.
Answer in 3-5 sentences.
Limit your response to 5 sentences.
Describe gravity, using no more than three sentences.
Keep it short, less than 7 sentences.
""",
    "detectable_content:number_placeholders": """
Include at least four placeholders in square brackets, like [name].
Make sure there are at least 5 placeholders represented by square brackets.
Use 6 or more placeholders, for example [date].
""",
    "detectable_format:number_bullet_lists": """
Your reply has to have exactly 4 bullet points. Use the markdown bullet points such as:
Give me exactly three bullets on tea.
Answer in exactly 5 bullet points.
The reply should have 3 bullet points.
List the causes of rust in exactly four markdown bullet points.
Summarise the causes of rust in 3 bullets.
Provide exactly 6 items using markdown bullet points.
Use exactly 2 bullet points in the markdown format.
Your answer should include exactly 3 bullets in markdown form.
""",
    "detectable_format:constrained_response": """
Is water wet? Choose from: My answer is yes. My answer is no. My answer is maybe.
Is water wet? Say "My answer is yes.", "My answer is no.", or "My answer is maybe."
Is ice cold? Reply with one of these: My answer is yes. My answer is no. My answer is maybe.
""",
    "detectable_format:number_highlighted_sections": """
Highlight at least two phrases by wrapping them in asterisks, like *this*.
Make at least 4 parts of your answer italic with markdown, such as *this*.
Your answer must have at least three highlighted sections in markdown such as *section*.
Use markdown to italicize at least 2 parts of the answer.
In your answer, at least 3 sections should be highlighted with markdown.
""",
    "detectable_format:multiple_sections": """
Write a training plan in 4 sections; label each section with Section X.
Make it 5 sections. Mark the start of each section with Day X.
Divide the text into 3 parts and start every part with PART X.
The answer should contain two sections. Each section should begin with "Section X".
There must be 4 sections and the beginning of each section should be marked with SECTION X.
Write a plan with 3 chapters, each chapter starting with Chapter X.
Split it into 2 sections, each marked with SECTION X.
Write 6 rounds of questions, marking the beginning of each round with Round X.
Put 3 sections in the response: "Section 1", "Section 2" and "Section 3".
""",
    "length_constraints:number_paragraphs": """
There should be 5 paragraphs. Paragraphs are separated with the markdown divider: ***
Write four paragraphs about rain, separated by ***.
Give me exactly 3 paragraphs and use the markdown divider *** between them.
Your poem must have 2 stanzas, divided by ***.
Write 3 sections. Separate the sections with three asterisks: ***
""",
    "detectable_content:postscript": """
Write a letter to Santa with a P.S. at the end.
Don't forget to add a postscript that begins with P.S.
The letter should end with a postscript starting with P.P.S.
Include a P.S. section in the email.
Add a note at the end that starts with P.S.
""",
    "startend:end_checker": """
Finish your response with this exact phrase That is my view. Nothing may follow it.
Finish your response with the phrase "Stay curious."
End the letter with "Yours always, Finn".
End your answer with the exact words: I rest my case.
Your response must end with the sentence "And so it goes."
Conclude your essay with the phrase 'the end of it'.
The last words of your response should be "see you soon".
Make sure the story ends with "They slept."
The response should end with the phrase "Can I help more?", and nothing else should follow it.
Close your reply with "Over and out."
""",
    "startend:quotation": """
Put your whole answer inside double quotation marks.
Enclose the entire poem in double quotes.
Your entire reply should be wrapped in double quotation marks.
Make sure to wrap your whole response in double quotation marks.
Please enclose everything in double quotation marks.
Place double quotation marks around your entire answer.
Start and end your response with double quotation marks.
The whole response should be inside double quotation marks.
Your answer should be surrounded by double quotation marks.
Write a poem about tea and wrap it in double quotation marks.
Write a poem about tea, with the entire poem wrapped in double quotation marks.
Use double quotation marks around your whole response.
""",
    "keywords:existence": """
Include keywords ['river', 'stone'] in the response.
Include the keywords "river" and "stone".
Include keywords river and stone in your answer.
Make sure to include the words river, stone, and moss.
Use the keywords: river, stone.
Your response should include the keyword river.
The words "river" and "stone" should be included in the response.
Write a poem that includes the words "river" and "stone".
Be sure the word "river" appears in the answer.
Please incorporate the following words: river, stone, moss.
Add the keywords "river" and "stone" to the answer.
The answer must contain the word river.
Mention the words "river" and "stone" in your response.
The story should contain the following keywords: river, stone.
Write about a valley with the keywords 'river' and 'stone'.
Don't forget to include the keywords river and stone.
The response should have the words river and stone in it.
Include "river" and "stone" as keywords.
""",
    "keywords:forbidden_words": """
Do not include keywords ['river', 'stone'] in the response.
Do not use the words "river" or "stone".
Do not include the following keywords: river, stone.
Avoid the word "river".
Avoid using the words river and stone.
Without using the word river, describe a valley.
The response should not include the words river or stone.
Don't say "river" in your answer.
Exclude the words "river" and "stone".
The words "river" and "stone" should not appear in your response.
Make sure not to include the word river.
You are not allowed to use the word "river".
You cannot use the words river and stone.
Never mention the word "river".
Please refrain from using the words river and stone.
Don't use any of the following words: river, stone.
The word "river" is not allowed.
Your answer must not contain any of these words: river, stone, moss.
Describe it but don't use the keywords "river" and "stone".
Do not include these keywords: river, stone, moss.
Do not mention the words river or stone.
Please leave out the word "river".
""",
    "keywords:frequency": """
In your response, the word river should appear at least 3 times.
In your response, the word river should appear less than 3 times.
Use the word "river" at least three times.
Mention "river" at least twice.
The word "river" must appear no more than 2 times.
Make sure the word river appears 4 or more times.
Include the word river at least 3 times in the answer.
Use the keyword river more than twice.
Repeat the word "river" at least five times.
Make sure "river" appears at least 4 times.
The keyword "river" should be used at least 3 times in the response.
Write about a valley, mentioning the word river at least 2 times.
Say the word "river" exactly three times.
Do not use the word river more than 3 times.
The answer should contain the word "river" at least 3 times.
Use the word "river" at most once.
There should be at least 3 occurrences of the word "river".
""",
    "keywords:letter_frequency": """
In your response, the letter w should appear at least 12 times.
In your response, the letter w should appear less than 12 times.
Use the letter "w" at least 5 times.
Include the letter w at least five times.
Make sure the letter w appears no more than 3 times.
Don't use the letter w at all.
Do not include the letter "w" in your response.
Have the letter w appear at least 4 times.
Use at least 6 letter w's in your answer.
The letter w should be used fewer than 9 times.
With at least 4 occurrences of the letter w, describe a beach.
Try no letter e: write the paragraph without the letter e.
Make sure you use the letter w at least 4 times.
The letter 'w' must occur more than 4 times.
""",
    "language:response_language": """
Please answer in German.
Respond only in German.
Your response must be in German.
Use only German in your answer.
The entire response should be written in German.
Reply using only the German language.
Answer this using German only.
What is a tide? Please reply in German, no other language is allowed.
Write your answer in German language.
Give me a recipe for soup in German. No other language is allowed.
Write a limerick about tea using only German, no other language is allowed.
The response must be in the German language.
Describe a harbour in only German language, no other language allowed.
Please respond to me using only the German language, no other language is allowed.
Make sure your reply is in German and no other language is allowed.
""",
    "length_constraints:nth_paragraph_first_word": """
Write 4 paragraphs. The third paragraph must start with the word "river".
Your answer should have 5 paragraphs, and the 2nd paragraph must begin with "river".
Write exactly 4 paragraphs. Start the last paragraph with the word river.
Write 4 paragraphs, with the second paragraph starting with the word "river".
The response should include 4 paragraphs separated by blank lines; the first paragraph starts with the word river.
""",
    "detectable_format:json_format": """
Answer in JSON.
Please give your answer in JSON format.
Your response should be in JSON format.
Return only valid JSON.
Wrap your entire response in JSON format.
List three teas in JSON format.
Provide the output as a JSON object.
Format your whole reply as JSON.
Use JSON format for your answer.
Make sure the entire output is valid JSON.
Write a short profile of Marie Curie using JSON format.
""",
    "detectable_format:title": """
Give the poem a title in double angular brackets, i.e. <<title>>.
Include a title wrapped in double angle brackets.
The poem should have a title, such as <<tea>>.
Put the title in double angular brackets.
Add a title enclosed in double angular brackets, like <<this>>.
""",
    "combination:two_responses": """
Provide exactly two different answers separated by ******.
Write two poems about tea, separated by six asterisks (******).
Give two versions of the joke and separate them with 6 asterisk symbols ******.
Write two riddles. Please separate the two riddles with ******
Present two alternatives, with 6 asterisk symbols between them: ******
""",
    "combination:repeat_prompt": """
Describe a harbour. Before you answer, repeat the request above exactly.
Describe a harbour. Start by repeating the request word for word, then answer.
Describe a harbour. Repeat the sentence above word for word first, then give your answer.
Describe a harbour. First, copy the request verbatim, then respond.
Describe a harbour. Please first repeat the prompt above without changing it, then write your answer.
Describe a harbour. Begin your answer by repeating this request exactly as it is.
Describe a harbour. First repeat my request word for word, without change, then give your answer.
""",
    "change_case:capital_word_frequency": """
In your response, words with all capital letters should appear less than 4 times.
Use words in all capital letters at least 3 times.
Use at least 5 words in all caps.
Include at least 3 words in all capital letters.
Make sure that words in all capital letters appear no more than 2 times.
Use no more than 4 words in all capital letters.
Use all-caps words at least 3 times.
There should be at least 6 capitalized words, such as "TEA".
Emphasise at least 5 words with all capital letters.
Include less than 10 words in all capital letters.
Limit the number of words in all capital letters to less than 10.
The number of words in all capital letters should be at most 5.
Words in all capital letters should appear between 3 and 6 times.
Use capital letters for at least 4 words.
Write at least 3 words in capital letters.
Use fully capitalized words fewer than 5 times.
""",
    "change_case:english_capital": """
Write it in all caps.
Use only capital letters.
Your whole answer should be in capital letters only.
Make sure every letter is capitalized.
Answer in uppercase letters only.
Do not use any lowercase letters.
The response must be in English with all capital letters.
Everything should be in uppercase.
No lowercase letters are allowed.
""",
    "change_case:english_lowercase": """
Write it in all lowercase.
Use only lowercase letters.
Your whole answer should be in lowercase.
No capital letters are allowed.
Don't use any capital letters.
Answer in lowercase letters only.
All letters should be lowercase.
The response must be in English with all lowercase letters.
Everything should be in lower case.
Use lowercase letters throughout.
Your response should not contain any capital letters.
Make sure that there are no capital letters in your response.
The entire output must be lowercase.
Avoid capital letters.
Please write in lowercase letters, with no capitals.
""",
    "punctuation:no_comma": """
Do not use any commas.
No commas, please.
Don't use commas in your answer.
Avoid using commas.
Write without commas.
Commas are not allowed.
Your response must not contain any commas.
Make sure there are no commas in the text.
The use of commas is not allowed.
You are not allowed to use commas.
You cannot use any commas.
Please do not include any commas in the response.
Refrain from using commas.
Keep your response free of commas.
Your answer should be comma-free.
Write it with no commas at all.
Stay away from commas.
The essay should have no commas.
It should contain no commas.
""",
}


@pytest.mark.parametrize(
    ("family", "prompt"), [(family, prompt) for family, ways in WAYS.items() for prompt in ways.strip().split("\n")]
)
def test_a_demand_is_read_however_it_is_put(family: str, prompt: str) -> None:
    found = detect(Sample(prompt=prompt, candidates=(Candidate(label="A"),)))
    assert {one.resource.verifier for one in found} == {f"ifeval:{family}"}
